"""
The guarded door to production: `apps.deployments` alone may import it.

One production version per model: the swap is one transaction under the model's lock, and the
database keeps it by a constraint.
"""

import uuid

from django.db import transaction
from django.utils import timezone

from apps.audit import events, sealing
from apps.core.actors import Actor
from apps.core.errors import WrongState
from apps.core.said import Said
from apps.core.saying import later as _
from apps.registry import states
from apps.registry.models import ModelVersion, RegisteredModel

Approval = ModelVersion.ApprovalStatus
Stage = ModelVersion.Stage


@transaction.atomic
def promote(version: ModelVersion, *, digest: str, by: Actor, chain: uuid.UUID) -> ModelVersion:
    """
    Make the version the model's one production version; the former one is archived and stays
    approved, so that it can be rolled back to.

    `digest` is what the release manifest amounts to now: raises WrongState where the approval is
    not for exactly that, has ended, or was taken back.
    """
    sealing.require()
    version = _locked(version)
    if reason := why_not_promote(version, digest):
        raise WrongState(reason)
    former = version.model.versions.in_production().exclude(pk=version.pk).first()
    if former is not None:
        states.move_stage(former, Stage.ARCHIVED)
    if version.stage != Stage.PRODUCTION:
        states.move_stage(version, Stage.PRODUCTION)
    superseded = _supersede_overtaken(version, by)
    events.record(
        "registry.version_promoted",
        version,
        by=by,
        chain=chain,
        digest=digest,
        former=former.pk if former else None,
        superseded=superseded,
    )
    return version


@transaction.atomic
def release_stage(version: ModelVersion, *, by: Actor, chain: uuid.UUID) -> ModelVersion:
    """The version serves no longer and nothing takes its place: a stopped or failed first release."""
    version = _locked(version)
    states.move_stage(version, Stage.ARCHIVED)
    events.record("registry.version_archived", version, by=by, chain=chain)
    return version


def why_not_promote(version: ModelVersion, digest: str) -> Said | None:
    """Why the version may not go to production with what this digest stands for."""
    if version.approval_status != Approval.APPROVED:
        return _(
            "%(version)s is not approved: %(state)s.",
            version=version,
            state=Approval(version.approval_status).label,
        )
    if version.approved_until is None or version.approved_until <= timezone.now():
        return _("The approval of %(version)s has expired.", version=version)
    if not digest or version.approved_digest != digest:
        return _("What is to go live is not what was approved for %(version)s.", version=version)
    if version.status != ModelVersion.Status.COMPLETED:
        return _("%(version)s was discarded.", version=version)
    return None


def _locked(version: ModelVersion) -> ModelVersion:
    # The model first: two versions of it cannot swap past one another.
    RegisteredModel.objects.select_for_update().get(pk=version.model_id)
    return (
        ModelVersion.objects.select_for_update(of=("self",))
        .select_related("model__project")
        .get(pk=version.pk)
    )


def _supersede_overtaken(version: ModelVersion, by: Actor) -> list[int]:
    """Older versions that were approved and never deployed are overtaken now."""
    overtaken = version.model.versions.select_for_update().filter(
        approval_status=Approval.APPROVED, stage=Stage.STAGING, number__lt=version.number
    )
    for other in overtaken:
        states.move_approval(other, Approval.SUPERSEDED)
        events.record("registry.version_superseded", other, by=by, chain=other.chain, by_version=version.pk)
    return [other.pk for other in overtaken]
