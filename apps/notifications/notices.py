"""Tell people of the roles that they were given, and those who decide beside them of a new decider."""

from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Event
from apps.core.said import Said
from apps.core.saying import later as _
from apps.notifications import sending
from apps.projects import access
from apps.projects.models import Membership
from apps.projects.roles import DECIDERS, Right, Role


def on_role_granted(event: Event) -> None:
    """To who holds it now; a role that decides also to all who could object before it is effective."""
    found = Membership.objects.select_related("project", "person", "granted_by")
    membership = found.filter(pk=event.object_id).first()
    if membership is None:
        return
    role, project = Role(membership.role).label, membership.project
    told = _("You are %(role)s in %(project)s", role=role, project=project)
    _tell(event, membership, [membership.person], told)
    if membership.role in DECIDERS:
        told = _("A new %(role)s in %(project)s", role=role, project=project)
        _tell(event, membership, _who_could_object(membership), told)


def _tell(event: Event, membership: Membership, people: list[User], subject: Said) -> None:
    sending.notify(
        event,
        people,
        kind=event.name,
        subject=subject,
        body=_(
            "%(giver)s made %(person)s %(role)s. It is effective from %(time)s UTC.",
            giver=membership.granted_by,
            person=membership.person,
            role=Role(membership.role).label,
            time=f"{membership.effective_at:%Y-%m-%d %H:%M}",
        ),
        path=reverse("projects:members", args=[membership.project_id]),
    )


def _who_could_object(membership: Membership) -> list[User]:
    """The other deciders of the project, and the administrators but the one who granted it."""
    deciders = [
        person
        for right in (Right.DECIDE, Right.VALIDATE)
        for person in access.people_with(right, membership.project)
    ]
    administrators = User.objects.filter(is_active=True, global_role=User.GlobalRole.ADMINISTRATOR)
    told = {membership.person_id, membership.granted_by_id}
    return [person for person in [*deciders, *administrators] if person.pk not in told]
