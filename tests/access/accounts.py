from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import Invitation
from apps.projects.models import Project
from tests.access import ADMINISTRATOR, ROLES, STRANGER, WHO, Row, action, api_action, api_page, nothing, page
from tests.factories import UserFactory


def somebody(project: Project) -> dict[str, Any]:
    return {"pk": UserFactory().pk}


def somebody_shut_out(project: Project) -> dict[str, Any]:
    return {"pk": UserFactory(is_active=False).pk}


def invitation(project: Project) -> dict[str, Any]:
    found = Invitation.objects.create(
        email="new@example.org",
        secret_hash="0" * 64,
        invited_by=project.created_by,
        expires_at=timezone.now() + timedelta(days=1),
    )
    return {"pk": found.pk}


def somebodys_token(project: Project) -> dict[str, Any]:
    token = UserFactory().tokens.create(
        label="theirs", scope="read", token_hash="1" * 64, expires_at=timezone.now() + timedelta(days=1)
    )
    return {"pk": token.pk}


HIDDEN = dict.fromkeys(ROLES, 404)
"""People, invitations and tokens of others: they are not there for who may not see them."""

ROWS = {
    "accounts:people": page(**dict.fromkeys((STRANGER, *ROLES), 403)),
    "accounts:invite": action(
        nothing, ADMINISTRATOR, data=lambda project: {"email": "new@example.org"}, stranger=403
    ),
    "accounts:revoke_invitation": action(invitation, ADMINISTRATOR, **HIDDEN),
    "accounts:deactivate": action(somebody, ADMINISTRATOR, **HIDDEN),
    "accounts:activate": action(somebody_shut_out, ADMINISTRATOR, **HIDDEN),
    "accounts:change_role": action(
        somebody, ADMINISTRATOR, data=lambda project: {"global_role": "auditor"}, **HIDDEN
    ),
    "accounts:profile": page().and_posts(*WHO[1:], data=lambda project: {"name": "Somebody"}),
    "accounts:tokens": page().and_posts(
        *WHO[1:], data=lambda project: {"label": "mine", "scope": "read", "days": "7"}
    ),
    "accounts:revoke_token": action(somebodys_token, ADMINISTRATOR, **HIDDEN, auditor=404),
    # A link that is not good says the same to everybody.
    "accounts:welcome": Row(
        {"GET": dict.fromkeys(WHO, 404), "POST": dict.fromkeys(WHO, 404)},
        lambda project: {"secret": "guessed"},
    ),
    "api:me": api_page().and_posts(*WHO[1:], data=lambda project: {"name": "Somebody"}, method="PATCH"),
    "api:person-list": api_page(),
    "api:person-detail": api_page(somebody, **HIDDEN),
    "api:person-invite": api_action(
        nothing, ADMINISTRATOR, data=lambda project: {"email": "new@example.org"}, stranger=403
    ),
    "api:person-deactivate": api_action(somebody, ADMINISTRATOR, **HIDDEN),
    "api:person-activate": api_action(somebody_shut_out, ADMINISTRATOR, **HIDDEN),
    "api:person-role": api_action(
        somebody, ADMINISTRATOR, data=lambda project: {"global_role": "auditor"}, **HIDDEN
    ),
    "api:invitation-list": api_page(),
    "api:invitation-detail": api_page(invitation, **HIDDEN),
    "api:invitation-revoke": api_action(invitation, ADMINISTRATOR, **HIDDEN),
    "api:token-list": api_page(),
    "api:token-detail": api_page(somebodys_token, **HIDDEN, administrator=404, auditor=404),
    "api:token-revoke": api_action(somebodys_token, **HIDDEN, administrator=404, auditor=404),
}
