"""The places of the portal, as the side bar and the palette show them."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from django.urls import Resolver404, resolve
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.search import SearchHit


@dataclass(frozen=True, slots=True)
class Place:
    """`key` is the letter after g that leads there; `prefixes` are the paths that count as being there."""

    url: str
    label: str | Promise
    icon: str
    key: str
    prefixes: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        if self.url == "/":
            return path == "/"
        return path.startswith((self.url, *self.prefixes))


PLACES: Final = (
    Place("/", _("Home"), "home", "h"),
    Place("/projects/", _("Projects"), "folders", "p"),
    Place("/datasets/", _("Datasets"), "database", "d"),
    Place("/experiments/", _("Experiments"), "flask", "e", ("/runs/",)),
    Place("/models/", _("Models"), "box", "m"),
    Place("/approvals/", _("Approvals"), "shield-check", "a"),
    Place("/endpoints/", _("Endpoints"), "bolt", "n", ("/releases/", "/deployments/")),
    Place("/monitoring/", _("Monitoring"), "heartbeat", "o", ("/incidents/",)),
    Place("/jobs/", _("Jobs"), "list-check", "j"),
    Place("/audit/", _("Audit"), "history", "u"),
)


@cache
def places() -> tuple[Place, ...]:
    """The places that this installation has."""
    return tuple(place for place in PLACES if _exists(place.url))


def _exists(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def matching(text: str) -> list[SearchHit]:
    """The places whose names hold the text."""
    if not text:
        return []
    return [
        SearchHit(str(place.label), str(_("page")), place.url, place.icon)
        for place in places()
        if text.lower() in str(place.label).lower()
    ]
