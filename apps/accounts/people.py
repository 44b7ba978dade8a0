"""Who may sign in, and who administers. Rights end at once."""

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import events, sealing
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import Said
from apps.core.saying import later as _


@transaction.atomic
def deactivate(person: User, *, by: User) -> User:
    """Shut somebody out: sign-in, open sessions and tokens are dead with this transaction."""
    _require_administrator(by)
    person = _locked(person)
    if not person.is_active:
        raise WrongState(_("%(person)s is deactivated already.", person=person))
    _keep_an_administrator(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    _end_sessions(person)
    person.tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
    events.record("accounts.person_deactivated", person, by=by)
    return person


@transaction.atomic
def activate(person: User, *, by: User) -> User:
    """Let somebody in again. Tokens stay revoked. Nobody lets themselves in."""
    _require_administrator(by)
    person = _locked(person)
    if person.is_active:
        raise WrongState(_("%(person)s is active already.", person=person))
    person.is_active = True
    person.save(update_fields=["is_active"])
    events.record("accounts.person_activated", person, by=by)
    return person


@transaction.atomic
def change_role(person: User, global_role: str, *, by: User) -> User:
    """Make somebody administrator, auditor or neither. Never oneself."""
    _require_administrator(by)
    sealing.require()
    if person.pk == by.pk:
        raise NotAllowed(_("Nobody changes their own role; ask another administrator."))
    person = _locked(person)
    before = person.global_role
    if before == global_role:
        raise WrongState(_("%(person)s has this role already.", person=person))
    if before == User.GlobalRole.ADMINISTRATOR:
        _keep_an_administrator(person)
    person.global_role = global_role
    person.save(update_fields=["global_role"])
    events.record("accounts.role_changed", person, by=by, before=before, after=global_role)
    return person


def why_not_deactivate(person: User, by: User) -> Said | None:
    """Why the button is disabled; None where it is not."""
    if not by.is_administrator:
        return _("Only administrators change who may sign in.")
    return _("This is the last administrator.") if _is_last_administrator(person) else None


def _require_administrator(by: User) -> None:
    if not by.is_administrator:
        raise NotAllowed(_("Only administrators change who may sign in."))


def _locked(person: User) -> User:
    # All administrators are locked in one order, so that two who remove each other cannot both succeed.
    list(
        User.objects.select_for_update()
        .filter(global_role=User.GlobalRole.ADMINISTRATOR)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return User.objects.select_for_update().get(pk=person.pk)


def _keep_an_administrator(person: User) -> None:
    if _is_last_administrator(person):
        raise WrongState(_("This is the last administrator; make somebody else one first."))


def _is_last_administrator(person: User) -> bool:
    others = User.objects.filter(is_active=True, global_role=User.GlobalRole.ADMINISTRATOR)
    return person.is_administrator and not others.exclude(pk=person.pk).exists()


def _end_sessions(person: User) -> None:
    for session in UserSession.objects.filter(user=person):
        session.end()
