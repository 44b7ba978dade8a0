import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from apps.audit import events
from apps.audit.models import Event
from apps.core import storage
from apps.core.errors import NotAllowed, TooLarge, UnsupportedFormat, WrongState
from apps.datasets import catalogue, uploads
from apps.datasets.models import Upload
from apps.pipelines.models import PipelineRun
from apps.projects.roles import Role
from tests.factories import DatasetVersionFactory, UploadFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_a_file_is_stored_and_its_run_started_with_its_event(hand_in, rows, engineer):
    upload = hand_in(rows)

    run = PipelineRun.objects.get(kind="ingest")
    event = Event.objects.get(name="datasets.upload_received")
    assert storage.read_bytes(upload.original_digest) == rows
    assert (run.subject_id, run.started_by) == (str(upload.pk), engineer)
    assert events.facts_of(event)["sha256"] == upload.original_digest
    assert event.chain == run.chain


def test_a_double_click_makes_one_upload(hand_in, rows):
    assert hand_in(rows) == hand_in(rows)
    assert PipelineRun.objects.filter(kind="ingest").count() == 1


def test_the_database_reads_a_file_once_at_a_time(dataset):
    first = UploadFactory(dataset=dataset)

    with pytest.raises(IntegrityError), transaction.atomic():
        UploadFactory(dataset=dataset, original_digest=first.original_digest)


def test_a_refused_file_may_be_handed_in_again(hand_in, rows):
    first = hand_in(rows)
    Upload.objects.filter(pk=first.pk).update(state="refused", refusal="It was cancelled.")

    assert hand_in(rows) != first


def test_bytes_that_are_a_version_are_not_taken_twice(hand_in, rows, dataset):
    first = hand_in(rows)
    Upload.objects.all().delete()
    version = DatasetVersionFactory(dataset=dataset, original_digest=first.original_digest)

    with pytest.raises(WrongState, match=f"loans v{version.number}") as refusal:
        hand_in(rows)

    assert refusal.value.path == version.get_absolute_url()
    assert not Upload.objects.exists()


def test_who_may_not_edit_data_leaves_nothing(hand_in, rows, project):
    with pytest.raises(NotAllowed):
        hand_in(rows, by=member(project, Role.VIEWER))

    assert not Upload.objects.exists()
    assert not PipelineRun.objects.exists()


def test_who_may_not_publish_is_told_when_handing_in(hand_in, rows, project):
    scientist = member(project, Role.DATA_SCIENTIST)

    with pytest.raises(NotAllowed, match="publish"):
        hand_in(rows, by=scientist, publish=True)

    assert hand_in(rows, by=scientist).uploaded_by == scientist


def test_an_empty_file_is_refused(hand_in):
    with pytest.raises(ValidationError, match="empty"):
        hand_in(b"")


def test_a_file_over_the_limit_is_refused(hand_in, rows, settings):
    settings.MAX_UPLOAD_BYTES = 100

    with pytest.raises(TooLarge, match="100"):
        hand_in(rows)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\x89PNG\r\n\x1a\n", "images, audio and video"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "images, audio and video"),
        (b"\x00\x00\x00\x18ftypmp42", "images, audio and video"),
        (b"PAR1", "Parquet"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_what_is_not_a_table_is_refused_by_its_first_bytes(hand_in, head, what):
    with pytest.raises(UnsupportedFormat, match=what):
        hand_in(head + b"\0" * 50)

    assert not Upload.objects.exists()


def test_a_name_that_cannot_be_printed_is_made_so(dataset, engineer, tmp_path, rows):
    file = tmp_path / "x"
    file.write_bytes(rows)

    upload = uploads.receive(
        dataset, file=file, filename="a\0b\u202ec.csv", publish_when_read=False, by=engineer
    )

    assert upload.filename == "a b c.csv"


def test_a_state_without_its_reason_or_version_is_refused_by_the_database():
    for wrong in ({"state": "refused"}, {"state": "read"}, {"refusal": "It says no."}):
        with pytest.raises(IntegrityError), transaction.atomic():
            UploadFactory(**wrong)


def test_two_datasets_of_a_project_never_share_a_name(project, engineer):
    catalogue.create(project, name="Loans", description="", by=engineer)

    with pytest.raises(ValidationError, match="already"):
        catalogue.create(project, name=" loans ", description="", by=engineer)


def test_a_dataset_needs_a_name_and_a_role(project, engineer):
    with pytest.raises(ValidationError):
        catalogue.create(project, name=" \0 ", description="", by=engineer)
    with pytest.raises(NotAllowed):
        catalogue.create(project, name="loans", description="", by=member(project, Role.APPROVER))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_file_handed_in_by_many_at_once_is_one_upload(hand_in, rows, dataset, engineer, tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("A race needs a database that lets two write at once.")
    file = tmp_path / "same.csv"
    file.write_bytes(rows)
    together = threading.Barrier(4)

    def hand_in_now(_n):
        together.wait()
        try:
            return uploads.receive(
                dataset, file=file, filename="same.csv", publish_when_read=False, by=engineer
            ).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(hand_in_now, range(4)))) == 1
