import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.core import storage
from apps.datasets.charts import bars
from apps.datasets.models import Dataset, DatasetVersion, Upload
from apps.projects.roles import Role
from tests.factories import DatasetFactory, DatasetVersionFactory, UploadFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


def post_file(client, dataset, content: bytes, **more):
    file = SimpleUploadedFile("rows.csv", content)
    return client.post(reverse("datasets:upload", args=[dataset.pk]), {"file": file, **more})


def many_versions(dataset, count: int) -> None:
    profile = storage.put_document(
        {"rows": 1, "duplicate_rows": 0, "columns": [], "correlations": [], "notes": []}
    )
    for _n in range(count):
        version = DatasetVersionFactory(dataset=dataset, profile_digest=profile, data_digest=uuid.uuid4().hex)
        UploadFactory(dataset=dataset, state="read", version=version)
        UploadFactory(dataset=dataset, refused=True)


def test_a_dataset_is_created_and_shown(page, project, dataset):
    answer = page.post(reverse("datasets:dataset_create"), {"project": project.pk, "name": "claims"})

    made = Dataset.objects.get(name="claims")
    assert answer.headers["Location"] == made.get_absolute_url()
    assert "No version yet" in page.get(made.get_absolute_url()).content.decode()


def test_a_name_that_is_taken_is_said_beside_the_field(page, project, dataset):
    answer = page.post(reverse("datasets:dataset_create"), {"project": project.pk, "name": "Loans"})

    assert answer.status_code == 400
    assert "has a dataset of this name already" in answer.content.decode()


def test_a_file_that_is_handed_in_leads_to_its_own_page(page, dataset, rows):
    answer = post_file(page, dataset, rows)

    upload = Upload.objects.get()
    assert answer.headers["Location"] == upload.get_absolute_url()
    shown = page.get(upload.get_absolute_url()).content.decode()
    assert "Waiting for a worker" in shown
    assert reverse("datasets:upload_status", args=[upload.pk]) in shown


@pytest.mark.django_db(transaction=True)
def test_the_page_of_an_upload_ends_with_its_version(page, dataset, rows, work):
    post_file(page, dataset, rows)
    upload = Upload.objects.get()
    status = reverse("datasets:upload_status", args=[upload.pk])
    assert page.get(status).status_code == 200

    work()

    answer = page.get(status)
    assert answer.status_code == 286
    assert "80 rows in 3 columns" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_refused_file_says_why_and_what_helps(page, dataset, work):
    post_file(page, dataset, b"a,b\n1,2\n3\n")

    work()

    for shown in (Upload.objects.get().get_absolute_url(), dataset.get_absolute_url()):
        assert "Line 3 has 1 field" in page.get(shown).content.decode()


def test_the_same_file_again_says_so_and_links_to_the_version(page, dataset, rows, hand_in):
    upload = hand_in(rows)
    version = DatasetVersionFactory(dataset=dataset, original_digest=upload.original_digest)
    Upload.objects.all().delete()

    answer = post_file(page, dataset, rows)

    assert answer.status_code == 409
    assert version.get_absolute_url() in answer.content.decode()


def test_a_viewer_sees_why_not_and_may_not(client, project, dataset, rows):
    client.force_login(member(project, Role.VIEWER))

    assert "you need one of these roles" in client.get(dataset.get_absolute_url()).content.decode()
    assert post_file(client, dataset, rows).status_code == 403
    assert not Upload.objects.exists()


def test_a_foreign_dataset_is_not_there(page, rows):
    foreign = DatasetFactory()

    assert page.get(foreign.get_absolute_url()).status_code == 404
    assert post_file(page, foreign, rows).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_version_shows_its_profile_rows_and_difference(page, dataset, rows, hand_in, work):
    for content in (rows, rows + b"99,5000,maybe\n" * 3):
        hand_in(content)
        work()
    later = dataset.versions.get(number=2)

    profile = page.get(later.get_absolute_url()).content.decode()
    table = page.get(reverse("datasets:version_rows", args=[later.pk])).content.decode()
    difference = page.get(reverse("datasets:version_difference", args=[later.pk])).content.decode()

    assert "2 rows (2.41%) repeat an earlier row exactly." in profile
    assert profile.count('class="bars"') == 3
    assert "maybe" in profile
    assert "The first 83 of 83 rows" in table
    assert "From v1 to v2" in difference
    assert "new: maybe" in difference


def test_the_buttons_move_a_version_and_say_what_happened(page, dataset):
    version = DatasetVersionFactory(dataset=dataset)

    page.post(reverse("datasets:quarantine", args=[version.pk]), {"reason": "Odd <b>ages</b>."})
    shown = page.get(version.get_absolute_url()).content.decode()
    page.post(reverse("datasets:release", args=[version.pk]), {"reason": "They are right."})
    again = page.post(reverse("datasets:publish", args=[version.pk]))
    page.post(reverse("datasets:withdraw", args=[version.pk]), {"reason": "Replaced."})

    assert "Odd &lt;b&gt;ages&lt;/b&gt;." in shown
    assert again.status_code == 409
    assert DatasetVersion.objects.get().status == "withdrawn"


def test_a_button_without_a_reason_changes_nothing(page, dataset):
    version = DatasetVersionFactory(dataset=dataset)

    answer = page.post(reverse("datasets:quarantine", args=[version.pk]))

    assert answer.status_code == 409
    assert DatasetVersion.objects.get().status == "draft"


def test_a_list_that_is_filtered_away_says_so(page, dataset):
    url = reverse("datasets:dataset_list")

    assert "loans" in page.get(url, {"q": "oan"}).content.decode()
    assert "Clear filters" in page.get(url, {"q": "nothing like it"}).content.decode()
    assert (
        "loans"
        not in page.get(url, {"project": DatasetFactory().project_id}).content.decode().split("<main")[1]
    )


@pytest.mark.parametrize("count", [1, 50])
def test_pages_ask_the_database_as_often_for_many_versions(
    page, project, dataset, count, django_assert_max_num_queries
):
    many_versions(dataset, count)
    for _n in range(count - 1):
        DatasetVersionFactory(dataset__project=project)
    newest = dataset.versions.first()
    page.get(dataset.get_absolute_url())

    with django_assert_max_num_queries(10):
        assert page.get(reverse("datasets:dataset_list")).status_code == 200
    for url in (dataset.get_absolute_url(), newest.get_absolute_url()):
        with django_assert_max_num_queries(20):
            assert page.get(url).status_code == 200
    for name in ("datasets:version_rows", "datasets:version_difference"):
        with django_assert_max_num_queries(20):
            assert page.get(reverse(name, args=[newest.pk])).status_code == 200


def test_bars_stand_on_the_ground_and_the_highest_fills_the_picture():
    drawn = bars([0, 5, 10], width=30, height=20)

    assert drawn.path == "M10.0 20v-10.0h9.0v10.0zM20.0 20v-20.0h9.0v20.0z"
    assert bars([0, 0]) is None
    assert bars([]) is None
