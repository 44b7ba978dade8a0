"""What the pages of endpoints show of their traffic: the last samples, as few queries as there are kinds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.deployments import portfolio, reporting
from apps.deployments.models import Deployment, Endpoint, ProbeResult, TrafficSample

SHOWN = 360
RECENT = timedelta(hours=24)
POINTS = 40


@dataclass(frozen=True, slots=True)
class Card:
    """One row of the list of endpoints."""

    endpoint: Endpoint
    state: str
    live: Deployment | None
    requests: Sequence[float]
    latency: Sequence[float | None]
    requests_today: int
    errors_today: int


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
    ids = [endpoint.pk for endpoint in endpoints]
    live = {
        deployment.endpoint_id: deployment
        for deployment in Deployment.objects.live()
        .filter(endpoint__in=ids)
        .select_related("version__model__project")
    }
    samples: dict[int, list[TrafficSample]] = {}
    since = timezone.now() - RECENT
    for sample in TrafficSample.objects.filter(endpoint__in=ids, at__gte=since).order_by("at"):
        samples.setdefault(sample.endpoint_id, []).append(sample)
    failing = portfolio.failing_probes([deployment.pk for deployment in live.values()])
    return [
        _card(endpoint, live.get(endpoint.pk), samples.get(endpoint.pk, []), failing)
        for endpoint in endpoints
    ]


def _card(
    endpoint: Endpoint, live: Deployment | None, samples: list[TrafficSample], failing: set[int]
) -> Card:
    state = reporting.state_of(endpoint)
    if live is not None and live.pk in failing and state == "running":
        state = "unreachable"
    last = samples[-POINTS:]
    return Card(
        endpoint=endpoint,
        state=state,
        live=live,
        requests=[float(sample.requests) for sample in last],
        latency=[sample.p95_ms for sample in last],
        requests_today=sum(sample.requests for sample in samples),
        errors_today=sum(sample.errors for sample in samples),
    )


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
