"""What the pages of endpoints show of their traffic: the last samples, as few queries as there are kinds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.deployments import portfolio, reporting, traffic
from apps.deployments.models import Deployment, Endpoint, ProbeResult, TrafficSample
from apps.deployments.traffic import LastDay

SHOWN = 360


@dataclass(frozen=True, slots=True)
class Card:
    """What the list of endpoints says of one."""

    state: str
    live: Deployment | None
    last_day: LastDay

    @property
    def requests(self) -> int:
        return int(sum(self.last_day.requests))

    @property
    def errors(self) -> int:
        return int(sum(self.last_day.errors))

    @property
    def latency(self) -> float | None:
        """Of the newest hour that has one."""
        return next((p95_ms for p95_ms in reversed(self.last_day.p95_ms) if p95_ms is not None), None)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version that the server holds, as the keeper last saw it."""

    deployment: Deployment | None
    version: str
    weight: float
    requests: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    runtime: str


def cards(endpoints: Sequence[Endpoint]) -> list[Card]:
    """One for each, in their order; three queries whatever their number."""
    ids = [endpoint.pk for endpoint in endpoints]
    live = {
        deployment.endpoint_id: deployment
        for deployment in Deployment.objects.live().filter(endpoint__in=ids).select_related("version")
    }
    days = traffic.last_day(ids)
    failing = portfolio.failing_probes([deployment.pk for deployment in live.values()])
    return [
        Card(
            state=_state(endpoint, live.get(endpoint.pk), failing),
            live=live.get(endpoint.pk),
            last_day=days.get(endpoint.pk, LastDay()),
        )
        for endpoint in endpoints
    ]


def _state(endpoint: Endpoint, live: Deployment | None, failing: set[int]) -> str:
    state = reporting.state_of(endpoint)
    return "unreachable" if live is not None and live.pk in failing and state == "running" else state


def loaded(endpoint: Endpoint, deployments: Sequence[Deployment]) -> list[Loaded]:
    """What the server holds now, by the keeper's last report."""
    by_pk = {str(deployment.pk): deployment for deployment in deployments}
    versions: dict[str, dict[str, Any]] = endpoint.report.get("versions", {})
    return [
        Loaded(
            deployment=by_pk.get(str(known["deployment"])),
            version=str(known["version"]),
            weight=float(known["weight"]),
            requests=int(known["requests"]),
            errors=int(known["errors"]),
            p50_ms=known["p50_ms"],
            p95_ms=known["p95_ms"],
            runtime=str(known["runtime"]),
        )
        for known in versions.values()
    ]


def last_samples(endpoint: Endpoint) -> list[TrafficSample]:
    """The last hour of slices with traffic, oldest first."""
    return list(reversed(endpoint.traffic.order_by("-at")[:SHOWN]))


def last_probes(endpoint: Endpoint) -> list[ProbeResult]:
    found = ProbeResult.objects.filter(deployment__endpoint=endpoint).order_by("-pk")[:120]
    return list(reversed(found))
