"""
How a version's two moving states follow one another, and the one function that moves each.

Only the guarded doors `approval` and `promotion` call them; both hold the row's lock.
"""

from datetime import datetime
from typing import Final

from apps.core.errors import WrongState
from apps.core.saying import later as _
from apps.registry.models import ModelVersion

Approval = ModelVersion.ApprovalStatus
Stage = ModelVersion.Stage

APPROVAL_MOVES: Final[dict[Approval, frozenset[Approval]]] = {
    Approval.DRAFT: frozenset({Approval.PENDING}),
    Approval.PENDING: frozenset({Approval.APPROVED, Approval.REJECTED, Approval.DRAFT}),
    Approval.APPROVED: frozenset({Approval.REVOKED, Approval.EXPIRED, Approval.SUPERSEDED}),
    Approval.REJECTED: frozenset({Approval.PENDING}),
    Approval.REVOKED: frozenset({Approval.PENDING}),
    Approval.EXPIRED: frozenset({Approval.PENDING}),
    Approval.SUPERSEDED: frozenset({Approval.PENDING}),
}
"""What was once refused or has ended is opened again by a new proposal alone."""

STAGE_MOVES: Final[dict[Stage, frozenset[Stage]]] = {
    Stage.DEVELOPMENT: frozenset({Stage.STAGING, Stage.ARCHIVED}),
    Stage.STAGING: frozenset({Stage.PRODUCTION, Stage.DEVELOPMENT, Stage.ARCHIVED}),
    Stage.PRODUCTION: frozenset({Stage.ARCHIVED}),
    Stage.ARCHIVED: frozenset({Stage.PRODUCTION, Stage.STAGING}),
}
"""Archived → production is a roll-back: still only for a version that is approved."""


def move_approval(
    version: ModelVersion, to: Approval, *, digest: str = "", until: datetime | None = None
) -> None:
    """
    Move the approval status of a locked row. The digest and end belong to an approval alone, and stay
    readable after it has ended. Raises WrongState where the table has no such move.
    """
    if to not in APPROVAL_MOVES[Approval(version.approval_status)]:
        raise WrongState(
            _(
                "%(version)s is %(state)s; it cannot become %(to)s.",
                version=version,
                state=Approval(version.approval_status).label,
                to=to.label,
            )
        )
    version.approval_status = to
    if to == Approval.APPROVED:
        version.approved_digest, version.approved_until = digest, until
    version.save(update_fields=["approval_status", "approved_digest", "approved_until"])


def move_stage(version: ModelVersion, to: Stage) -> None:
    """Move the stage of a locked row. Raises WrongState where the table has no such move."""
    if to not in STAGE_MOVES[Stage(version.stage)]:
        raise WrongState(
            _(
                "%(version)s is in %(stage)s; it cannot go to %(to)s.",
                version=version,
                stage=Stage(version.stage).label,
                to=to.label,
            )
        )
    version.stage = to
    version.save(update_fields=["stage"])
