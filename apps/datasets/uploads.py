"""
Take a file in, and settle what became of it.

The request only looks at the file's size and first bytes, stores it and starts the pipeline;
what takes time or memory happens there.
"""

import shutil
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from apps.accounts.models import User
from apps.audit import events
from apps.core import storage
from apps.core.errors import TooLarge, UnsupportedFormat, WrongState
from apps.core.said import Said, said
from apps.core.saying import later as _
from apps.datasets.catalogue import printable
from apps.datasets.models import Dataset, Upload
from apps.datasets.refusals import Unreadable, refuse_binary
from apps.pipelines import progress, runs
from apps.pipelines.models import PipelineRun, State
from apps.projects import access
from apps.projects.roles import Right

HEAD_BYTES = 4096


def receive(dataset: Dataset, *, file: Path, filename: str, publish_when_read: bool, by: User) -> Upload:
    """
    Store the file and start reading it; its run is "ingest".

    The same file sent again while it is being read is the same upload. Raises NotAllowed,
    ValidationError (empty), TooLarge, UnsupportedFormat, and WrongState where the file is a
    version already.
    """
    access.require(by, Right.EDIT_DATA, dataset.project)
    if publish_when_read:
        access.require(by, Right.PUBLISH_DATA, dataset.project)
    look_at(file)
    return _record(dataset, storage.put_file(file), file.stat().st_size, filename, publish_when_read, by)


def look_at(file: Path) -> None:
    """What the size and the first bytes tell. Raises ValidationError, TooLarge, UnsupportedFormat."""
    size = file.stat().st_size
    if size == 0:
        raise ValidationError({"file": gettext("The file is empty.")})
    if size > settings.MAX_UPLOAD_BYTES:
        raise TooLarge(said("datasets.file_too_large", size=size, most=settings.MAX_UPLOAD_BYTES))
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    try:
        refuse_binary(head)
    except Unreadable as error:
        raise UnsupportedFormat(error.sentence) from None


@transaction.atomic
def _record(
    dataset: Dataset, digest: str, size: int, filename: str, publish_when_read: bool, by: User
) -> Upload:
    dataset = Dataset.objects.select_for_update().select_related("project").get(pk=dataset.pk)
    if found := dataset.versions.filter(original_digest=digest).first():
        raise WrongState(
            _("This file is in the portal already: it is %(version)s.", version=found),
            path=reverse("datasets:version_detail", args=[found.pk]),
        )
    if open_upload := dataset.uploads.filter(original_digest=digest, state=Upload.State.READING).first():
        return open_upload
    upload = Upload.objects.create(
        dataset=dataset,
        filename=printable(filename)[-255:] or "data.csv",
        size=size,
        original_digest=digest,
        publish_when_read=publish_when_read,
        uploaded_by=by,
    )
    run = runs.start("ingest", upload, project=dataset.project, by=by)
    events.record(
        "datasets.upload_received",
        upload,
        by=by,
        chain=run.chain,
        dataset=dataset.pk,
        sha256=digest,
        size=size,
        detail={"filename": upload.filename},
    )
    return upload


def settle(run: PipelineRun) -> None:
    """However the run ended: an upload that became no version is refused, with the reason."""
    found = Upload.objects.select_for_update(of=("self",)).select_related("dataset")
    upload = found.filter(pk=run.subject_id).first()
    transaction.on_commit(lambda: _clean(run))
    if upload is None or upload.state != Upload.State.READING:
        return
    cancelled = _("Reading was cancelled before it was done.")
    upload.state = Upload.State.REFUSED
    upload.refusal = cancelled if run.state == State.CANCELLED else run.failure or cancelled
    upload.save(update_fields=["state", "refusal"])
    events.record(
        "datasets.upload_refused",
        upload,
        by=upload.uploaded_by,
        chain=run.chain,
        dataset=upload.dataset_id,
        sha256=upload.original_digest,
        detail={"reason": upload.refusal, "filename": upload.filename},
    )


def why_not_retry(run: PipelineRun) -> Said | None:
    """A refused file stays refused: the same bytes would be refused again."""
    if run.kind != "ingest":
        return None
    return _("A refused file is not read again. Upload it once more, corrected where it needs to be.")


def _clean(run: PipelineRun) -> None:
    """Remove what attempts left behind; their log and last progress stay."""
    for step in run.steps.all():
        for attempt in progress.folder(run.pk, step.name).glob("[0-9]*"):
            shutil.rmtree(attempt, ignore_errors=True)
