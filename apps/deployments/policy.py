"""Who may do what with releases and endpoints, as one reason for the page, the API and the verb."""

from apps.accounts.models import User
from apps.core.errors import NotAllowed
from apps.core.said import Said, of_error
from apps.deployments.models import Endpoint, Release
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right


def why_not_deploy(project: Project, user: User) -> Said | None:
    """To release, deploy, roll back, start, restart endpoints and to make keys."""
    return _why_not(project, user, Right.DEPLOY)


def why_not_stop(endpoint: Endpoint, user: User) -> Said | None:
    """An emergency: whoever decides on the model may stop it too."""
    if access.can(user, Right.DECIDE, endpoint.project):
        return None
    return why_not_deploy(endpoint.project, user)


def why_not_order(release: Release, user: User) -> Said | None:
    return why_not_deploy(release.project, user)


def require(reason: Said | None) -> None:
    if reason:
        raise NotAllowed(reason)


def _why_not(project: Project, user: User, right: Right) -> Said | None:
    try:
        access.require(user, right, project)
    except NotAllowed as refused:
        return of_error(refused)
    return None
