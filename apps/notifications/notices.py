"""Tell people of the roles that they were given, and those who decide beside them of a new decider."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.models import Event
from apps.notifications import sending
from apps.projects import access
from apps.projects.models import Membership
from apps.projects.roles import DECIDERS, Right


def on_role_granted(event: Event) -> None:
    """To who holds it now; a role that decides also to all who could object before it is effective."""
    found = Membership.objects.select_related("project", "person", "granted_by")
    membership = found.filter(pk=event.object_id).first()
    if membership is None:
        return
    _tell(event, membership, [membership.person], _("You are %(role)s in %(project)s"))
    if membership.role in DECIDERS:
        _tell(event, membership, _who_could_object(membership), _("A new %(role)s in %(project)s"))


def _tell(event: Event, membership: Membership, people: list[User], subject: str) -> None:
    sending.notify(
        event,
        people,
        kind=event.name,
        subject=subject % {"role": membership.get_role_display(), "project": membership.project},
        body=_("%(giver)s made %(person)s %(role)s. It is effective from %(time)s UTC.")
        % {
            "giver": membership.granted_by,
            "person": membership.person,
            "role": membership.get_role_display(),
            "time": f"{membership.effective_at:%Y-%m-%d %H:%M}",
        },
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
