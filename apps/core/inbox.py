"""
What waits for a person, from every app that has such a thing.

An app declares `waiting = {"home.inbox": "apps.x.inbox.items"}`: a function user → list of
InboxItem, with one or two queries whatever the number of items.
"""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from apps.core import declared
from apps.core.actors import Person


@dataclass(frozen=True, slots=True)
class InboxItem:
    """`title` says what is to be done, `path` is the page where it is done, `kind` what it is about."""

    title: str
    path: str
    since: datetime
    kind: str
    project: str = ""
    icon: str = "inbox"


def waiting_for(user: Person) -> list[InboxItem]:
    """Everything that waits for the person, longest wait first."""
    found = [item for items in declared.resolved("waiting", "home.inbox") for item in items(user)]
    return sorted(found, key=attrgetter("since"))
