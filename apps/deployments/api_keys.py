"""Keys of an endpoint's clients: made, shown once, revoked. The keeper tells the server within a second."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events
from apps.core.errors import WrongState
from apps.deployments import policy
from apps.deployments.models import ApiKey, Endpoint

PREFIX = "mle_"


@transaction.atomic
def create(endpoint: Endpoint, *, label: str, lifetime: timedelta, by: User) -> tuple[ApiKey, str]:
    """A new key and its text, which is nowhere kept."""
    policy.require(policy.why_not_deploy(endpoint.project, by))
    text = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        endpoint=endpoint,
        label=label,
        prefix=text[:8],
        key_hash=hashlib.sha256(text.encode()).hexdigest(),
        created_by=by,
        expires_at=timezone.now() + lifetime,
    )
    events.record(
        "deployments.key_created",
        key,
        by=by,
        project=endpoint.project,
        endpoint=endpoint.pk,
        expires_at=key.expires_at,
    )
    return key, text


@transaction.atomic
def revoke(key: ApiKey, *, by: User) -> ApiKey:
    key = (
        ApiKey.objects.select_for_update(of=("self",))
        .select_related("endpoint__model__project")
        .get(pk=key.pk)
    )
    policy.require(policy.why_not_deploy(key.endpoint.project, by))
    if key.revoked_at:
        raise WrongState(_("This key is already revoked."))
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    events.record(
        "deployments.key_revoked", key, by=by, project=key.endpoint.project, endpoint=key.endpoint_id
    )
    return key
