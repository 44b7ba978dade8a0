"""Why somebody may not, as the sentence that pages show and acting functions raise."""

from apps.accounts.models import User
from apps.core.said import Said
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right


def why_not_edit_data(project: Project, user: User) -> Said | None:
    return _why_not(Right.EDIT_DATA, project, user)


def why_not_publish_data(project: Project, user: User) -> Said | None:
    return _why_not(Right.PUBLISH_DATA, project, user)


def _why_not(right: Right, project: Project, user: User) -> Said | None:
    if not access.can(user, right, project):
        return access.why_not(right)
    if project.archived_at:
        return access.why_archived()
    return None
