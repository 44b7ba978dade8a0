"""Who calls through the gate, and what they may touch."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.accounts import tokens
from apps.accounts.models import ApiToken, User
from apps.core.errors import NotAllowed
from apps.gateway.models import TrackedRun
from apps.gateway.operations import Access
from apps.gateway.tracked import Unknown
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right

_SCOPES = frozenset({ApiToken.Scope.TRACKING, ApiToken.Scope.WRITE})


@dataclass(frozen=True, slots=True)
class Caller:
    """
    The token's owner. `reference` ties the token to the runs that were created with it, in
    the one project that its first part names; such tokens are what training logs with.
    """

    user: User
    scope: str
    reference: str

    def require(self, project: Project, wanted: Access) -> None:
        """Raise Unknown where the caller sees nothing of the project, NotAllowed where it may only look."""
        if not self.sees(project):
            raise Unknown(project.slug)
        if wanted is Access.WRITE and self.scope not in _SCOPES:
            raise NotAllowed(_("This token can only read."))
        if not self.reference:
            access.require(self.user, Right.TRAIN if wanted is Access.WRITE else Right.VIEW, project)

    def sees(self, project: Project) -> bool:
        """A token that is tied to a run sees that run's project alone."""
        if self.reference:
            return self.reference.split("/", 1)[0] == project.slug
        return access.can(self.user, Right.VIEW, project)

    def require_run(self, run: TrackedRun, wanted: Access) -> None:
        """As above; a token that is tied to a run writes to that alone, and nobody to another's."""
        self.require(run.experiment.project, wanted)
        if wanted is Access.READ:
            return
        if run.reference != self.reference:
            raise NotAllowed(_("This token writes to the run that it was made for, and to no other."))
        if run.owner_id != self.user.pk:
            raise NotAllowed(_("This run belongs to %(owner)s.") % {"owner": run.owner})


def identify(authorization: str) -> Caller | None:
    """The caller behind an `Authorization: Bearer …` header; None when there is no usable token."""
    scheme, _space, text = authorization.partition(" ")
    token = tokens.find(text.strip()) if scheme.lower() == "bearer" else None
    return Caller(token.user, token.scope, token.run_reference) if token else None
