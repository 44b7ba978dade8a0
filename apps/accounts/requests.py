"""Who asks, as the type checker and the domain want it."""

from django.http import HttpRequest  # noqa: TID251 - turns a request into a person

from apps.accounts.models import User
from apps.core.errors import NotAllowed


def reader(request: HttpRequest) -> User:
    """The signed-in person. Raises NotAllowed where there is none, which the sign-in rule prevents."""
    if isinstance(request.user, User):
        return request.user
    raise NotAllowed("Sign in first.")
