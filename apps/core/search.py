"""
Finding things by a few letters, in every app.

An app declares `search = {"home.search": "apps.x.search.find"}`: a function (user, text) → list
of SearchHit, with at most PER_KIND hits of what the person may see.
"""

from dataclasses import dataclass

from apps.core import declared
from apps.core.actors import Person

PER_KIND = 8


@dataclass(frozen=True, slots=True)
class SearchHit:
    """`kind` says what it is ("model", "dataset version"); `icon` is in static/icons.svg."""

    label: str
    kind: str
    url: str
    icon: str = "point"
    project: str = ""


def find(user: Person, text: str) -> list[SearchHit]:
    """What matches, lowest app first; nothing for an empty text."""
    text = text.strip()[:100]
    if not text:
        return []
    return [hit for search in declared.resolved("search", "home.search") for hit in search(user, text)]
