"""Tell people what became of their data."""

from apps.accounts.models import User
from apps.audit import events
from apps.audit.models import Event
from apps.core.said import Said, own_words
from apps.core.saying import later as _
from apps.datasets.models import DatasetVersion, Upload
from apps.notifications import sending


def on_upload_refused(event: Event) -> None:
    """The uploader hears why."""
    upload = Upload.objects.select_related("uploaded_by", "dataset").filter(pk=event.object_id).first()
    if upload is None:
        return
    sending.notify(
        event,
        [upload.uploaded_by],
        kind=event.name,
        subject=_("%(file)s was not taken in", file=upload.filename),
        body=_(
            "The file for %(dataset)s was refused: %(reason)s", dataset=upload.dataset, reason=upload.refusal
        ),
        path=upload.get_absolute_url(),
    )


def on_version_quarantined(event: Event) -> None:
    if version := _version(event):
        _tell_owners(event, version, _("%(version)s is in quarantine", version=version))


def on_version_withdrawn(event: Event) -> None:
    if version := _version(event):
        _tell_owners(event, version, _("%(version)s was withdrawn", version=version))


def _version(event: Event) -> DatasetVersion | None:
    return (
        DatasetVersion.objects.select_related("author", "dataset__created_by")
        .filter(pk=event.object_id)
        .first()
    )


def _tell_owners(event: Event, version: DatasetVersion, subject: Said) -> None:
    """The author and who made the dataset hear it, but not from themselves."""
    owners: list[User] = [version.author, version.dataset.created_by]
    sending.notify(
        event,
        [person for person in owners if person.pk != event.actor_id],
        kind=event.name,
        subject=subject,
        body=own_words(events.detail_of(event).get("reason", "")),
        path=version.get_absolute_url(),
    )
