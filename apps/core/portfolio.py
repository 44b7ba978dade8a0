"""
The models that serve, each with its lights, put together from the apps that know them.

`portfolio = {"home.portfolio": "apps.x.portfolio.rows"}`: user → list of PortfolioRow.
`lights = {"home.lights": "apps.x.portfolio.lights"}`: (user, model ids) → {model id: Lights}.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.core import declared
from apps.core.actors import Person


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


def rows(user: Person) -> list[tuple[PortfolioRow, Lights]]:
    """Every live model that the person may see, with its lights."""
    found = [row for part in declared.resolved("portfolio", "home.portfolio") for row in part(user)]
    lights: dict[int, Lights] = {}
    if found:
        for part in declared.resolved("lights", "home.lights"):
            lights |= part(user, [row.model_id for row in found])
    return [(row, lights.get(row.model_id, Lights())) for row in found]
