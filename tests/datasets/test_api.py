import io

import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.datasets.models import DatasetVersion, Upload
from apps.projects.roles import Role
from tests.factories import DatasetFactory, DatasetVersionFactory, UserFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def api(engineer) -> APIClient:
    client = APIClient()
    client.force_authenticate(engineer)
    return client


def upload_url(dataset) -> str:
    return f"/api/v1/datasets/{dataset.pk}/upload/"


def send(client, dataset, content: bytes, **more):
    file = SimpleUploadedFile("rows.csv", content)
    return client.post(upload_url(dataset), {"file": file, **more}, format="multipart")


def test_a_dataset_is_created_once(api, project):
    wanted = {"project": project.pk, "name": "claims"}

    first, second = (api.post("/api/v1/datasets/", wanted, format="json") for _n in range(2))

    assert (first.status_code, second.status_code) == (201, 400)
    assert "has a dataset of this name already" in second.json()["detail"]
    assert [found["name"] for found in api.get("/api/v1/datasets/").json()["results"]] == ["claims"]


@pytest.mark.django_db(transaction=True)
def test_a_program_hands_in_a_file_and_follows_it_to_its_rows(api, dataset, rows, work):
    sent = send(api, dataset, rows, publish="true")
    assert (sent.status_code, sent.json()["state"]) == (202, "reading")

    work()

    upload = api.get(f"/api/v1/uploads/{sent.json()['id']}/").json()
    version = f"/api/v1/dataset-versions/{upload['version']}/"
    assert (upload["state"], upload["refusal"]) == ("read", "")
    assert api.get(version).json()["status"] == "published"
    assert [column["name"] for column in api.get(f"{version}profile/").json()["columns"]] == [
        "age",
        "income",
        "default",
    ]
    assert api.get(f"{version}rows/").json()["rows"][0] == ["20", "1000", "yes"]
    data = b"".join(api.get(f"{version}data/").streaming_content)
    assert pq.read_table(io.BytesIO(data)).num_rows == 80
    assert (
        api.get(f"{version}difference/", {"with": upload["version"]}).json()["columns"][0]["change"] == "same"
    )
    assert api.get(f"/api/v1/datasets/{dataset.pk}/versions/").json()["count"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_refused_file_says_its_line(api, dataset, work):
    sent = send(api, dataset, b"a,b\n1,2\n3,4,5\n")

    work()

    upload = api.get(f"/api/v1/uploads/{sent.json()['id']}/").json()
    assert (upload["state"], upload["version"]) == ("refused", None)
    assert upload["refusal"] == "Line 3 has 3 fields, but the header has 2."


def test_the_body_itself_may_be_the_file(api, dataset, rows):
    answer = api.generic("POST", f"{upload_url(dataset)}?publish=true", rows, content_type="text/csv")

    assert answer.status_code == 202
    assert (answer.json()["size"], answer.json()["publish_when_read"]) == (len(rows), True)


def test_a_double_click_makes_one_upload(api, dataset, rows):
    assert send(api, dataset, rows).json()["id"] == send(api, dataset, rows).json()["id"]


def test_the_same_file_again_is_a_conflict(api, dataset, rows, hand_in):
    DatasetVersionFactory(dataset=dataset, original_digest=hand_in(rows).original_digest)
    Upload.objects.all().delete()

    answer = send(api, dataset, rows)

    assert answer.status_code == 409
    assert "in the portal already" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"", 400, "empty"),
        (b"GIF89a" + b"\0" * 64, 415, "images, audio and video are not accepted"),
    ],
)
def test_what_cannot_be_taken_is_a_problem_document(api, dataset, content, status, sentence):
    answer = send(api, dataset, content)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]
    assert not Upload.objects.exists()


def test_ten_gigabytes_are_refused_before_the_body_is_read(api, dataset):
    answer = api.generic(
        "POST", upload_url(dataset), b"", content_type="text/csv", CONTENT_LENGTH=str(10 * 1024**3)
    )

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "accepted" in answer.json()["detail"]


def test_the_wrong_role_is_forbidden_and_a_foreign_project_is_not_there(dataset, project, rows):
    viewer, stranger = APIClient(), APIClient()
    viewer.force_authenticate(member(project, Role.VIEWER))
    stranger.force_authenticate(UserFactory())

    assert send(viewer, dataset, rows).status_code == 403
    assert send(stranger, dataset, rows).status_code == 404
    assert not Upload.objects.exists()


def test_a_version_is_moved_by_program(api, dataset):
    version = DatasetVersionFactory(dataset=dataset)
    url = f"/api/v1/dataset-versions/{version.pk}/"

    assert api.post(f"{url}quarantine/", {}, format="json").status_code == 400
    assert api.post(f"{url}quarantine/", {"reason": "Odd."}, format="json").json()["status"] == "quarantined"
    assert api.post(f"{url}publish/").status_code == 409
    assert api.post(f"{url}release/", {"reason": "Right."}, format="json").json()["status"] == "published"
    assert api.post(f"{url}withdraw/", {"reason": "Old."}, format="json").json()["status"] == "withdrawn"


def test_versions_are_listed_by_dataset_and_status(api, project):
    wanted = DatasetVersionFactory(dataset=DatasetFactory(project=project), published=True)
    DatasetVersionFactory(dataset=wanted.dataset)
    DatasetVersionFactory(published=True)

    found = api.get("/api/v1/dataset-versions/", {"dataset": wanted.dataset_id, "status": "published"})

    assert [version["id"] for version in found.json()["results"]] == [wanted.pk]
    assert DatasetVersion.objects.count() == 3


def test_what_is_not_stored_is_not_found(api, dataset):
    version = DatasetVersionFactory(dataset=dataset)

    for part in ("profile/", "data/", f"difference/?with={version.pk}"):
        assert api.get(f"/api/v1/dataset-versions/{version.pk}/{part}").status_code == 404
