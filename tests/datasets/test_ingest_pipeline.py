import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.audit.models import Event
from apps.core import storage
from apps.datasets import derived, filing, notices, profiles
from apps.datasets.models import DatasetVersion
from apps.datasets.refusals import Unreadable
from apps.datasets.retyping import retype
from apps.datasets.schema import Column, ColumnKind, Schema, schema_in
from apps.notifications.models import Notice
from apps.pipelines import policy, progress, runs
from apps.pipelines.models import PipelineRun, State
from apps.projects.models import Membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def left_behind(upload) -> list[str]:
    """What attempts left in the work folder, and half-written objects in storage."""
    run = runs.of(upload).get()
    folders = [progress.folder(run.pk, step.name) for step in run.steps.all()]
    return [str(path) for folder in folders for path in folder.glob("[0-9]*")]


def test_a_file_becomes_a_typed_profiled_version(hand_in, rows, work, engineer):
    upload = hand_in(rows)

    work()

    upload.refresh_from_db()
    version = upload.version
    assert (upload.state, version.number, version.rows, version.status) == ("read", 1, 80, "draft")
    assert [column["kind"] for column in version.schema] == ["integer", "integer", "category"]
    assert profiles.of(version).column("default").levels == {"no": 60, "yes": 20}
    assert profiles.first_rows(version)["rows"][0] == ["20", "1000", "yes"]
    assert pq.read_table(storage.local_path(version.data_digest)).num_rows == 80
    assert (version.author, version.chain) == (engineer, PipelineRun.objects.get().chain)
    assert Event.objects.filter(name="datasets.version_created", chain=version.chain).count() == 1
    assert left_behind(upload) == []


def test_who_may_publish_has_it_published_with_the_same_commit(hand_in, rows, work, engineer):
    hand_in(rows, publish=True)

    work()

    version = DatasetVersion.objects.get()
    assert (version.status, version.published_by) == ("published", engineer)
    assert Event.objects.filter(name="datasets.version_published", chain=version.chain).exists()


def test_who_lost_the_role_meanwhile_leaves_a_draft(hand_in, rows, work, engineer):
    hand_in(rows, publish=True)
    Membership.objects.filter(person=engineer).delete()

    work()

    assert DatasetVersion.objects.get().status == "draft"


def test_versions_are_numbered_in_order(hand_in, rows, work):
    for more in (b"", b"70,1,yes\n", b"71,2,no\n"):
        hand_in(rows + more)
        work()

    assert list(DatasetVersion.objects.values_list("number", flat=True)) == [3, 2, 1]


def test_other_bytes_with_the_same_rows_are_the_version_that_is_there(hand_in, rows, work):
    hand_in(rows)
    work()

    again = hand_in(rows.replace(b",", b";"))
    work()

    again.refresh_from_db()
    assert "loans v1" in str(again.refusal)
    assert DatasetVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a,b\n", "no rows"),
        (b"only\n1\n2\n", "one column only"),
        (b"a,b,a\n1,2,3\n", "more than once"),
        (b"a,,c\n1,2,3\n", "no name"),
        (b"a,b\n1,2\n3,4,5\n", "Line 3 has 3 fields"),
        (b'a,b\n1,"2\n3,4\n', "line 2"),
        (b"a,b\n1,\x002\n", "NUL"),
        (b"\n\n", "empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason_and_leaves_nothing(
    hand_in, work, content, reason
):
    upload = hand_in(content)

    work()

    upload.refresh_from_db()
    assert upload.state == "refused"
    assert reason in str(upload.refusal)
    assert not DatasetVersion.objects.exists()
    assert left_behind(upload) == []
    refused = Event.objects.get(name="datasets.upload_refused")
    notices.on_upload_refused(refused)
    notice = Notice.objects.get()
    assert (notice.recipient, notice.path) == (upload.uploaded_by, upload.get_absolute_url())
    assert reason in str(notice.body)


def test_a_cancelled_upload_is_refused(hand_in, rows, engineer):
    upload = hand_in(rows)

    runs.cancel(runs.of(upload).get(), by=engineer)

    upload.refresh_from_db()
    assert (upload.state, str(upload.refusal)) == ("refused", "Reading was cancelled before it was done.")


def test_a_refused_file_is_not_read_again(hand_in, work, engineer):
    upload = hand_in(b"a,b\n")
    work()
    run = runs.of(upload).get()

    assert run.state == State.FAILED
    assert "Upload it once more" in str(policy.why_not_retry(run, engineer))


def test_a_read_that_dies_is_refused_and_says_so(hand_in, rows, work, settings):
    settings.READING_MEMORY_BYTES = 64 * 1024**2

    upload = hand_in(rows)
    work()

    upload.refresh_from_db()
    assert upload.state == "refused"
    assert upload.refusal


def test_german_credit_comes_out_as_its_readme_says(hand_in, work, real_data):
    source = next((real_data / "german_credit").glob("*.csv"))

    upload = hand_in(source.read_bytes())
    work()

    upload.refresh_from_db()
    assert not upload.refusal
    assert upload.version.rows == 1000


def _table(**columns) -> pa.Table:
    return pa.table(columns)


def test_rows_of_the_portal_s_own_are_brought_to_the_columns_of_the_dataset(tmp_path):
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(_table(b=["x", None], a=[1.0, 2.0], more=[1, 2]), source)
    schema = Schema((Column("a", ColumnKind.INTEGER, False), Column("b", ColumnKind.CATEGORY, False)))

    read = retype(source, out, schema, lambda *_: None)

    assert pq.read_table(out).to_pydict() == {"a": [1, 2], "b": ["x", None]}
    assert schema_in(pq.read_schema(out)) == read.schema
    assert [column.nullable for column in read.schema.columns] == [False, True]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (_table(b=[1]), "no column “a”"),
        (_table(a=["many"]), "not of the kind “integer”"),
        (_table(a=[1.5]), "not of the kind “integer”"),
        (_table(a=pa.array([], pa.int64())), "no rows"),
    ],
)
def test_rows_that_do_not_fit_are_refused(tmp_path, table, reason):
    pq.write_table(table, tmp_path / "in.parquet")

    with pytest.raises(Unreadable, match=reason):
        retype(
            tmp_path / "in.parquet",
            tmp_path / "out.parquet",
            Schema((Column("a", ColumnKind.INTEGER, True),)),
            lambda *_: None,
        )

    assert not (tmp_path / "out.parquet").exists()


def test_derived_rows_are_a_published_version_once_and_announce_no_publication(dataset, engineer):
    table = filing.StoredTable("a" * 64, "b" * 64, 10, [])
    chain = uuid.uuid4()

    first = derived.create_from_table(
        dataset, table, origin="retraining", author=engineer, chain=chain, by=engineer
    )
    again = derived.create_from_table(
        dataset, table, origin="retraining", author=engineer, chain=chain, by=engineer
    )

    assert first == again
    assert (first.status, first.origin, first.number) == ("published", "retraining", 1)
    assert not Event.objects.filter(name="datasets.version_published").exists()
