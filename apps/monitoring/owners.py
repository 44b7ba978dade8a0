"""Who answers for a monitor. A monitor whose owner has gone is an alarm of its own."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events
from apps.core.errors import NotAllowed, WrongState
from apps.monitoring import policy
from apps.monitoring.models import Incident, Monitor
from apps.projects import access
from apps.projects.models import Membership
from apps.projects.roles import Right, roles_with


@transaction.atomic
def hand_over(monitor: Monitor, *, to: User, by: User) -> Monitor:
    """Another owner, who also gets the open incidents that nobody took yet. NotAllowed, WrongState."""
    monitor = Monitor.objects.select_for_update(of=("self",)).get(pk=monitor.pk)
    if reason := policy.why_not_change(monitor, by):
        raise NotAllowed(reason)
    if not access.can(to, Right.MONITOR, monitor.project):
        raise NotAllowed(_("%(person)s has no role here that works on incidents.") % {"person": to})
    if monitor.owner_id == to.pk:
        raise WrongState(_("%(person)s owns this monitor already.") % {"person": to})
    before, monitor.owner = monitor.owner_id, to
    monitor.save(update_fields=["owner"])
    untaken = Incident.objects.filter(monitor=monitor, assignee_id=before, status=Incident.Status.NEW)
    untaken.update(assignee=to)
    events.record("monitoring.owner_changed", monitor, by=by, before=before, after=to.pk)
    return monitor


def without_owner(user: User, among: Iterable[Monitor] | None = None) -> list[Monitor]:
    """Monitors whose owner can no longer work on their incidents; of all that the user sees, or of these."""
    if among is None:
        among = Monitor.objects.visible_to(user).select_related("endpoint__model__project", "owner")
    monitors = list(among)
    held = set(
        Membership.objects.filter(
            project__in={monitor.endpoint.model.project_id for monitor in monitors},
            role__in=roles_with(Right.MONITOR),
            person__is_active=True,
        ).values_list("project_id", "person_id")
    )
    return [one for one in monitors if (one.endpoint.model.project_id, one.owner_id) not in held]
