"""
The models that serve, each with its lights, put together from the apps that know them.

`portfolio = {"home.portfolio": "apps.x.portfolio.rows"}`: user → list of PortfolioRow.
`lights = {"home.lights": "apps.x.portfolio.lights"}`: (user, model ids) → {model id: Lights}.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from apps.core import declared, status_looks
from apps.core.actors import Person

_WORST_FIRST: Final = ("bad", "warn", "busy")


@dataclass(frozen=True, slots=True)
class Lights:
    """Statuses of core.status_looks; empty where nothing was measured yet."""

    drift: str = ""
    performance: str = ""
    data_quality: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """One model that serves. `traffic` is requests per hour, oldest first."""

    model_id: int
    model: str
    url: str
    project: str
    tier: str
    champion: str
    health: str
    owner: object
    endpoint: str = ""
    endpoint_url: str = ""
    traffic: Sequence[float | None] = field(default=())

    @property
    def requests(self) -> float:
        return sum(count or 0 for count in self.traffic)


@dataclass(frozen=True, slots=True)
class Served:
    """A model that serves, with its lights."""

    row: PortfolioRow
    lights: Lights

    @property
    def weight(self) -> int:
        """What is wrong comes first: the worst of the lights, by its tone."""
        shown = (self.row.health, self.lights.drift, self.lights.performance, self.lights.data_quality)
        tones = [status_looks.look(status).tone for status in shown if status]
        return min(_WORST_FIRST.index(tone) if tone in _WORST_FIRST else len(_WORST_FIRST) for tone in tones)


def served(user: Person) -> list[Served]:
    """Every live model that the person may see, what is wrong first."""
    found = [row for part in declared.resolved("portfolio", "home.portfolio") for row in part(user)]
    lights: dict[int, Lights] = {}
    if found:
        for part in declared.resolved("lights", "home.lights"):
            lights |= part(user, [row.model_id for row in found])
    return sorted(
        (Served(row, lights.get(row.model_id, Lights())) for row in found), key=attrgetter("weight")
    )
