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
    person = _locked(person, by)
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
    person = _locked(person, by)
    if person.is_active:
        raise WrongState(_("%(person)s is active already.", person=person))
    person.is_active = True
    person.save(update_fields=["is_active"])
    events.record("accounts.person_activated", person, by=by)
    return person


@transaction.atomic
def change_role(person: User, global_role: str, *, by: User) -> User:
    """Make somebody administrator, auditor or neither. Never oneself."""
    sealing.require()
    person = _locked(person, by)
    if person.pk == by.pk:
        raise NotAllowed(_("Nobody changes their own role; ask another administrator."))
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


def _locked(person: User, by: User) -> User:
    """
    The person, locked, for an administrator. All of these are locked in one order and read under
    the lock: of two who remove each other, the later one is no administrator any more.
    """
    if by.pk not in _lock_administrators():
        raise NotAllowed(_("Only administrators change who may sign in."))
    return User.objects.select_for_update().get(pk=person.pk)


def _lock_administrators() -> list[int]:
    active = User.objects.filter(global_role=User.GlobalRole.ADMINISTRATOR, is_active=True)
    return list(active.select_for_update().order_by("pk").values_list("pk", flat=True))


def _keep_an_administrator(person: User) -> None:
    if _is_last_administrator(person):
        raise WrongState(_("This is the last administrator; make somebody else one first."))


def _is_last_administrator(person: User) -> bool:
    others = User.objects.filter(is_active=True, global_role=User.GlobalRole.ADMINISTRATOR)
    return person.is_administrator and not others.exclude(pk=person.pk).exists()


def _end_sessions(person: User) -> None:
    for session in UserSession.objects.filter(user=person):
        session.end()
