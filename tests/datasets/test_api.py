import io

import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.datasets.models import DatasetVersion, Upload
from tests.factories import DatasetFactory, DatasetVersionFactory

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


def test_the_body_itself_may_be_the_file(api, dataset, rows):
    answer = api.generic("POST", f"{upload_url(dataset)}?publish=true", rows, content_type="text/csv")

    assert answer.status_code == 202
    assert (answer.json()["size"], answer.json()["publish_when_read"]) == (len(rows), True)


def test_the_same_file_again_is_a_conflict(api, dataset, rows, hand_in):
    DatasetVersionFactory(dataset=dataset, original_digest=hand_in(rows).original_digest)
    Upload.objects.all().delete()

    answer = send(api, dataset, rows)

    assert answer.status_code == 409
    assert "in the portal already" in answer.json()["detail"]


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
