"""API tokens: made, found by their text, revoked."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import ApiToken, User
from apps.audit import events
from apps.core.actors import Actor
from apps.core.errors import NotAllowed, WrongState
from apps.core.saying import later as _

PREFIX = "mlp_"
STAMP_EVERY = timedelta(minutes=1)


@transaction.atomic
def create(
    user: User, *, label: str, scope: str, lifetime: timedelta, by: Actor, run_reference: str = ""
) -> tuple[ApiToken, str]:
    """A new token and its text, which is nowhere kept."""
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        label=label,
        scope=scope,
        prefix=text[:8],
        token_hash=_hash(text),
        run_reference=run_reference,
        expires_at=timezone.now() + lifetime,
    )
    events.record("accounts.token_created", token, by=by, scope=scope, expires_at=token.expires_at)
    return token, text


@transaction.atomic
def revoke(token: ApiToken, *, by: User) -> ApiToken:
    """End a token at once. Its owner may, and an administrator."""
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.user_id != by.pk and not by.is_administrator:
        raise NotAllowed(_("Only its owner or an administrator can revoke a token."))
    if token.revoked_at:
        raise WrongState(_("This token is already revoked."))
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    events.record("accounts.token_revoked", token, by=by)
    return token


def find(text: str) -> ApiToken | None:
    """The usable token with that text; its last use is stamped, at most once a minute."""
    token = ApiToken.objects.usable().select_related("user").filter(token_hash=_hash(text)).first()
    if token is not None:
        _stamp(token)
    return token


def _stamp(token: ApiToken) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - STAMP_EVERY)
    if token.last_used_at is None or token.last_used_at < now - STAMP_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
