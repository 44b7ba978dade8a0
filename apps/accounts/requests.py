"""Who asks, as the type checker and the domain want it."""

from typing import Protocol

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import NotAllowed


class HasUser(Protocol):
    """A request of a page or of the API."""

    @property
    def user(self) -> object: ...


def reader(request: HasUser) -> User:
    """The signed-in person. Raises NotAllowed where there is none, which the sign-in rule prevents."""
    if isinstance(request.user, User):
        return request.user
    raise NotAllowed(_("Sign in first."))
