"""Why somebody may not: None, or the sentence that the page and the refusal show."""

from typing import Final

from apps.accounts.models import User
from apps.core.said import Said
from apps.core.saying import later as _
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right
from apps.registry.models import RegisteredModel, TierRequest, Validation

SHORTEST_REASON: Final = 10


def why_not_resolve(validation: Validation, user: User) -> Said | None:
    return _why_not(Right.TRAIN, user, validation.project)


def why_not_ask_for_tier(model: RegisteredModel, user: User) -> Said | None:
    """Data scientists and ML ops engineers know what an error would cost; approvers judge it."""
    rights = (Right.TRAIN, Right.DEPLOY, Right.DECIDE)
    if any(access.can(user, right, model.project) for right in rights):
        return None
    return access.why_not(Right.TRAIN)


def _why_not(right: Right, user: User, project: Project) -> Said | None:
    if not access.can(user, right, project):
        return access.why_not(right)
    if project.archived_at:
        return _("This project is archived; nothing in it can be changed.")
    return None


def why_not_answer_tier(request: TierRequest, user: User) -> Said | None:
    """An approver, and never who asked: two pairs of eyes."""
    if request.asked_by_id == user.pk:
        return _("You asked for this change; somebody else confirms it.")
    return _why_not(Right.DECIDE, user, request.model.project)
