"""Coming into a project from outside: an invitation that carries a role."""

from apps.accounts import invitations
from apps.accounts.models import Invitation, User
from apps.projects import members
from apps.projects.models import Project
from apps.projects.roles import Role


def invite(project: Project, email: str, *, role: Role, by: User) -> tuple[Invitation, str]:
    """An invitation to the portal and to a role in the project; the link is nowhere kept."""
    return invitations.invite(email, by=by, project_id=project.pk, role=role)


def grant_promised(project_id: int, role: str, *, to: User, by: User) -> None:
    """What the invitation promised. The project may be gone by now; then there is nothing to grant."""
    project = Project.objects.active().filter(pk=project_id).first()
    if project is not None:
        members.grant(project, to=to, role=Role(role), by=by)
