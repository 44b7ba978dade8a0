"""
The guarded door to a version's approval: `apps.approvals` alone may import it.

An approval is for exactly one digest (the release manifest that was looked at) and until a date.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.audit import events, sealing
from apps.core.actors import Actor
from apps.core.errors import WrongState
from apps.core.saying import later as _
from apps.registry import states
from apps.registry.models import ModelVersion

Approval = ModelVersion.ApprovalStatus
Stage = ModelVersion.Stage


@transaction.atomic
def ask(version: ModelVersion, *, by: Actor, chain: uuid.UUID) -> ModelVersion:
    """A proposal was opened: the version waits for people."""
    return _move(version, Approval.PENDING, "registry.version_proposed", by=by, chain=chain)


@transaction.atomic
def approve(
    version: ModelVersion, *, digest: str, until: datetime, by: Actor, chain: uuid.UUID
) -> ModelVersion:
    """Approve the version for exactly this digest, until that time. It is staged for its deployment."""
    sealing.require()
    if not digest:
        raise WrongState(_("An approval is for a digest; there is none."))
    version = _locked(version)
    states.move_approval(version, Approval.APPROVED, digest=digest, until=until)
    if version.stage == Stage.DEVELOPMENT:
        states.move_stage(version, Stage.STAGING)
    events.record(
        "registry.version_approved", version, by=by, chain=chain, digest=digest, until=until.isoformat()
    )
    return version


@transaction.atomic
def reject(version: ModelVersion, *, by: Actor, chain: uuid.UUID) -> ModelVersion:
    sealing.require()
    return _move(version, Approval.REJECTED, "registry.version_rejected", by=by, chain=chain)


@transaction.atomic
def hand_back(version: ModelVersion, *, by: Actor, chain: uuid.UUID) -> ModelVersion:
    """Its proposal ended without an answer (withdrawn, stale, expired, changes requested)."""
    return _move(version, Approval.DRAFT, "registry.version_handed_back", by=by, chain=chain)


@transaction.atomic
def revoke(version: ModelVersion, *, by: Actor, reason: str) -> ModelVersion:
    """Take an approval back. What serves it hears of it by the event."""
    sealing.require()
    version = _locked(version)
    states.move_approval(version, Approval.REVOKED)
    events.record("registry.version_revoked", version, by=by, chain=version.chain, detail={"reason": reason})
    return version


@transaction.atomic
def expire(version: ModelVersion, *, by: Actor) -> ModelVersion:
    """The approval's time is over. Raises WrongState while it is not."""
    version = _locked(version)
    if version.approved_until is None or version.approved_until > timezone.now():
        raise WrongState(_("This approval has not ended yet."))
    states.move_approval(version, Approval.EXPIRED)
    events.record("registry.version_expired", version, by=by, chain=version.chain)
    return version


def _move(version: ModelVersion, to: Approval, event: str, *, by: Actor, chain: uuid.UUID) -> ModelVersion:
    version = _locked(version)
    states.move_approval(version, to)
    events.record(event, version, by=by, chain=chain)
    return version


def _locked(version: ModelVersion) -> ModelVersion:
    return (
        ModelVersion.objects.select_for_update(of=("self",))
        .select_related("model__project")
        .get(pk=version.pk)
    )
