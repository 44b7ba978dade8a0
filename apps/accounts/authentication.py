"""Sign-in of programs: `Authorization: Bearer <token>`."""

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header  # noqa: TID251
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied  # noqa: TID251
from rest_framework.request import Request  # noqa: TID251

from apps.accounts import tokens
from apps.accounts.models import ApiToken, User

_SAFE = {"GET", "HEAD", "OPTIONS"}


class TokenAuthentication(BaseAuthentication):
    """The token's owner, within the token's scope."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        text = _bearer(request)
        if text is None:
            return None
        token = tokens.find(text)
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, expired or revoked."))
        if token.scope == ApiToken.Scope.TRACKING:
            raise PermissionDenied(_("This token is for MLflow tracking only."))
        if token.scope == ApiToken.Scope.READ and request.method not in _SAFE:
            raise PermissionDenied(_("This token can only read."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _bearer(request: Request) -> str | None:
    """
    The token's text. None without one, and for schemes that a proxy in front may use; what was
    meant for the portal and is written otherwise is refused with the way to write it.
    """
    scheme, *rest = get_authorization_header(request).decode("latin-1").split() or [""]
    if scheme.lower() == "bearer" and len(rest) == 1:
        return rest[0]
    if scheme.lower() in ("bearer", "token"):
        raise AuthenticationFailed(_("Send the token as “Authorization: Bearer TOKEN”."))
    return None


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "apps.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
