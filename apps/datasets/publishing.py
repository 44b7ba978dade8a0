"""
What a version is good for: published ones are trained on, quarantined and withdrawn ones are not.

Publishing is the event that the loop starts from.
"""

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import events
from apps.core import objections
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import Said
from apps.core.saying import label
from apps.core.saying import later as _
from apps.datasets import policy
from apps.datasets.models import DatasetVersion

Status = DatasetVersion.Status

MOVES: Final[Mapping[Status, frozenset[Status]]] = {
    Status.DRAFT: frozenset({Status.PUBLISHED, Status.QUARANTINED}),
    Status.PUBLISHED: frozenset({Status.WITHDRAWN}),
    Status.QUARANTINED: frozenset({Status.PUBLISHED, Status.WITHDRAWN}),
    Status.WITHDRAWN: frozenset(),
}
"""Quarantined → published is a release and needs a reason; published → withdrawn asks who uses it."""


@transaction.atomic
def publish(version: DatasetVersion, *, by: User) -> DatasetVersion:
    """Let a draft be trained on. Raises NotAllowed, WrongState."""
    version = _locked(version, by)
    if version.status != Status.DRAFT:
        raise WrongState(_refusal(version))
    return _published(version, by)


@transaction.atomic
def release(version: DatasetVersion, *, reason: str, by: User) -> DatasetVersion:
    """Publish a quarantined version after all: a named person says why."""
    version = _locked(version, by)
    if version.status != Status.QUARANTINED:
        raise WrongState(
            _("Only a quarantined version can be released; this one is %(status)s.", status=_label(version))
        )
    return _published(version, by, reason=_stated(reason))


@transaction.atomic
def quarantine(version: DatasetVersion, *, reason: str, by: User) -> DatasetVersion:
    """Keep a draft from being used until somebody has looked at it."""
    version = _moved(_locked(version, by), Status.QUARANTINED, reason)
    version.save(update_fields=["status", "status_reason"])
    _record("datasets.version_quarantined", version, by, reason=version.status_reason)
    return version


@transaction.atomic
def withdraw(version: DatasetVersion, *, reason: str, by: User, force: bool = False) -> DatasetVersion:
    """
    End a version's use. What was trained on it stays, and so do its rows.

    Raises WrongState while something depends on it ("datasets.withdraw"), unless forced; the
    objection is then in the event.
    """
    version = _moved(_locked(version, by), Status.WITHDRAWN, reason)
    objection = objections.why_not("datasets.withdraw", version)
    if objection and not force:
        raise WrongState(objection)
    version.save(update_fields=["status", "status_reason"])
    overruled = {"overruled": objection} if objection else {}
    _record("datasets.version_withdrawn", version, by, reason=version.status_reason, **overruled)
    return version


def _locked(version: DatasetVersion, by: User) -> DatasetVersion:
    locked = (
        DatasetVersion.objects.select_for_update(of=("self",))
        .select_related("dataset__project")
        .get(pk=version.pk)
    )
    if reason := policy.why_not_publish_data(locked.project, by):
        raise NotAllowed(reason)
    return locked


def _moved(version: DatasetVersion, to: Status, reason: str) -> DatasetVersion:
    if to not in MOVES[Status(version.status)]:
        raise WrongState(_refusal(version))
    version.status, version.status_reason = to, _stated(reason)
    return version


def _published(version: DatasetVersion, by: User, reason: str = "") -> DatasetVersion:
    version.status, version.status_reason = Status.PUBLISHED, reason
    version.published_by, version.published_at = by, timezone.now()
    version.save(update_fields=["status", "status_reason", "published_by", "published_at"])
    _record("datasets.version_published", version, by, reason=reason)
    return version


def _record(name: str, version: DatasetVersion, by: User, **detail: Said | str) -> None:
    events.record(
        name,
        version,
        by=by,
        chain=version.chain,
        dataset=version.dataset_id,
        number=version.number,
        data_digest=version.data_digest,
        status=version.status,
        forced="overruled" in detail,
        detail={key: text for key, text in detail.items() if text} or None,
    )


def _stated(reason: str) -> str:
    stated = reason.replace("\0", "").strip()
    if not stated:
        raise WrongState(_("Say why: the reason is shown to everybody who uses this data."))
    return stated


def _refusal(version: DatasetVersion) -> Said:
    return _(
        "%(version)s is %(status)s; this cannot be done with it now.", version=version, status=_label(version)
    )


def _label(version: DatasetVersion) -> Said:
    return label(Status(version.status).label)
