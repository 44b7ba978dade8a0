"""One-time links that let people in. Nobody comes in another way."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Invitation, User
from apps.audit import events, sealing
from apps.core import declared
from apps.core.actors import System
from apps.core.errors import NotAllowed, WrongState

LIFETIME = timedelta(days=7)
FIRST_LIFETIME = timedelta(hours=24)


@transaction.atomic
def invite(
    email: str, *, by: User, global_role: str = "", project_id: int | None = None, role: str = ""
) -> tuple[Invitation, str]:
    """
    An invitation and its link, which is nowhere kept. An earlier open one to the address ends.

    Whoever may not give a role cannot invite with it: it is granted in the name of the inviter
    when the link is used. Raises NotAllowed, WrongState.
    """
    if not by.is_administrator:
        raise NotAllowed(_("Only administrators invite people."))
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise WrongState(_("%(email)s has an account already.") % {"email": email})
    _end_open(email)
    invitation, link = _create(email, LIFETIME, by, global_role=global_role, project_id=project_id, role=role)
    events.record(
        "accounts.person_invited",
        invitation,
        by=by,
        global_role=global_role,
        invited_to=project_id,
        role=role,
    )
    return invitation, link


@transaction.atomic
def first_link() -> str | None:
    """
    The link that makes the first administrator; None where there is one already.

    A link that was printed before and not used ends, so that one alone is ever good.
    """
    if User.objects.filter(global_role=User.GlobalRole.ADMINISTRATOR).exists():
        return None
    _end_open("")
    invitation, link = _create("", FIRST_LIFETIME, None, global_role=User.GlobalRole.ADMINISTRATOR)
    events.record("accounts.first_link_made", invitation, by=System("bootstrap"))
    return link


def find(secret: str) -> Invitation | None:
    """The open invitation with that secret."""
    found = Invitation.objects.filter(secret_hash=_hash(secret)).select_related("invited_by").first()
    return found if found and found.is_open else None


@transaction.atomic
def accept(invitation: Invitation, *, name: str, password: str, email: str = "") -> User:
    """
    Make the account that the link promises, once. Raises WrongState for a used or late link,
    and for the first administrator's where there is an administrator by now.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not invitation.is_open:
        raise WrongState(_("This link was used or is too old. Ask for a new one."))
    if invitation.invited_by is None and User.objects.filter(global_role="administrator").exists():
        raise WrongState(_("There is an administrator already; ask them for an invitation."))
    if invitation.invited_by and not invitation.invited_by.is_administrator:
        raise WrongState(_("Who invited you is no administrator any more. Ask for a new link."))
    email = invitation.email or email
    if User.objects.filter(email__iexact=email).exists():
        raise WrongState(_("%(email)s has an account already.") % {"email": email})
    user = User.objects.create_user(email, password, name=name, global_role=invitation.global_role)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    events.record("accounts.person_joined", user, by=user, global_role=user.global_role)
    _grant_promised_role(invitation, user)
    return user


@transaction.atomic
def revoke(invitation: Invitation, *, by: User) -> None:
    """End an invitation that was not used."""
    if not by.is_administrator:
        raise NotAllowed(_("Only administrators invite people."))
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not invitation.is_open:
        raise WrongState(_("This invitation is not open any more."))
    invitation.expires_at = timezone.now()
    invitation.save(update_fields=["expires_at"])
    events.record("accounts.invitation_revoked", invitation, by=by)


def send(invitation: Invitation, link: str) -> bool:
    """E-mail the link. False where the mail server does not answer: the page shows the link anyway."""
    subject = _("You are invited to the MLOps Portal")
    text = _(
        "%(who)s invites you to the MLOps Portal.\n\nChoose your password here, within 7 days:\n%(link)s\n"
    ) % {"who": invitation.invited_by, "link": link}
    try:
        send_mail(subject, text, None, [invitation.email])
    except OSError:
        return False
    return True


def _grant_promised_role(invitation: Invitation, user: User) -> None:
    if not invitation.role or invitation.project_id is None:
        return
    grant = declared.one("invited_roles", "accounts.invitation")
    grant(invitation.project_id, invitation.role, to=user, by=invitation.invited_by)


def _create(
    email: str,
    lifetime: timedelta,
    by: User | None,
    *,
    global_role: str = "",
    project_id: int | None = None,
    role: str = "",
) -> tuple[Invitation, str]:
    if global_role or role:
        sealing.require()
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email,
        secret_hash=_hash(secret),
        global_role=global_role,
        project_id=project_id,
        role=role,
        invited_by=by,
        expires_at=timezone.now() + lifetime,
    )
    return invitation, settings.PORTAL_URL + reverse("accounts:welcome", args=[secret])


def _end_open(email: str) -> None:
    now = timezone.now()
    Invitation.objects.filter(email=email, accepted_at=None, expires_at__gt=now).update(expires_at=now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
