"""The steps of the "ingest" pipeline, run by workers."""

from apps.core import storage
from apps.datasets import filing, publishing, storing
from apps.datasets.models import Upload
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done
from apps.projects import access
from apps.projects.roles import Right


def read(context: StepContext) -> Done:
    """Read the file and profile it. What came out lies in storage; no row of it is visible yet."""
    upload = Upload.objects.get(pk=context.run.subject_id)
    table = storing.store_csv(context, storage.local_path(upload.original_digest))
    return Done({"table": table.as_json()})


def file(context: StepContext) -> Done:
    """Make the version, and publish it where the uploader wanted that and may."""
    table = filing.StoredTable.from_json(context.outcome_of("read")["table"])
    return Done(commit=lambda: _commit(context, table))


def _commit(context: StepContext, table: filing.StoredTable) -> None:
    upload = Upload.objects.select_for_update().get(pk=context.run.subject_id)
    version = filing.make_version(
        upload.dataset,
        table,
        author=upload.uploaded_by,
        by=upload.uploaded_by,
        chain=context.run.chain,
        original_digest=upload.original_digest,
        filename=upload.filename,
    )
    upload.state, upload.version = Upload.State.READ, version
    upload.save(update_fields=["state", "version"])
    if upload.publish_when_read and access.can(upload.uploaded_by, Right.PUBLISH_DATA, upload.project):
        publishing.publish(version, by=upload.uploaded_by)
