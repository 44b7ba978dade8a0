"""Whether somebody may, with the reason why not."""

from collections.abc import Sequence

from apps.accounts.models import User
from apps.core.said import Said
from apps.core.saying import later as _
from apps.deployments.models import Endpoint
from apps.monitoring.models import Incident, Monitor
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right


def why_not_work_on(incident: Incident, user: User) -> Said | None:
    return _why_not(user, Right.MONITOR, incident.project)


def why_not_work_now(incident: Incident) -> Said | None:
    """What stands against it whoever asks."""
    return None if incident.is_open else _("This incident is resolved.")


def why_not_change(monitor: Monitor, user: User) -> Said | None:
    return _why_not(user, Right.MONITOR, monitor.project)


def why_not_start(endpoint: Endpoint, user: User) -> Said | None:
    return _why_not(user, Right.MONITOR, endpoint.project)


def why_not_start_each(endpoints: Sequence[Endpoint], user: User) -> list[Said | None]:
    """As `why_not_start` for each of them, in one query."""
    projects = [endpoint.project for endpoint in endpoints]
    may = access.projects_with(Right.MONITOR, user, {project.pk for project in projects})
    return [
        (access.why_archived() if project.archived_at else None)
        if project.pk in may
        else access.why_not(Right.MONITOR)
        for project in projects
    ]


def why_not_send_truth(endpoint: Endpoint, user: User) -> Said | None:
    return _why_not(user, Right.SEND_TRUTH, endpoint.project)


def why_not_read_rows(endpoint: Endpoint, user: User) -> Said | None:
    may = access.can(user, Right.READ_CAPTURE, endpoint.project)
    return None if may else access.why_not(Right.READ_CAPTURE)


def _why_not(user: User, right: Right, project: Project) -> Said | None:
    if not access.can(user, right, project):
        return access.why_not(right)
    return _("This project is archived; nothing in it can be changed.") if project.archived_at else None
