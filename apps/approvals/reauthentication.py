"""When a person last showed who they are, in this session: allauth keeps it."""

from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest  # noqa: TID251 - reads the session of a request


def authenticated_at(request: HttpRequest) -> datetime | None:
    """The last sign-in or repeated proof of identity; None for a program's token."""
    if not hasattr(request, "session"):
        return None
    moments = [record["at"] for record in get_authentication_records(request, request.user)]
    return datetime.fromtimestamp(max(moments), UTC) if moments else None
