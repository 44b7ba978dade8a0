"""Why higher apps would not have something done: asked under the lock, inside the lower app's verb."""

from django.db import models

from apps.core import declared
from apps.core.errors import WrongState
from apps.core.said import Said


def why_not(verb: str, subject: models.Model) -> Said | None:
    """The first objection to the verb ("datasets.withdraw"), or None."""
    for objection in declared.resolved("objections", verb):
        reason: Said | None = objection(subject)
        if reason:
            return reason
    return None


def refuse_on(verb: str, subject: models.Model) -> None:
    """Raise WrongState with the first objection."""
    if reason := why_not(verb, subject):
        raise WrongState(reason)
