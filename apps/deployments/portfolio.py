"""The models that serve, for the home page, with the health of their endpoints."""

from datetime import datetime, timedelta

from django.db.models import Sum
from django.db.models.functions import TruncHour
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.portfolio import PortfolioRow
from apps.deployments import reporting
from apps.deployments.models import Deployment, Endpoint, ProbeResult, TrafficSample

HOURS = 24
_HEALTH = {"running": "healthy", "pending": "degraded", "stopped": "stopped", "unreachable": "unreachable"}


def rows(user: User) -> list[PortfolioRow]:
    live = list(
        Deployment.objects.visible_to(user)
        .live()
        .with_everything_for_a_row()
        .select_related("version__model__owner", "version__model__project", "endpoint")
        .order_by("version__model__project__name", "version__model__name")
    )
    traffic = hourly([deployment.endpoint_id for deployment in live])
    failing = failing_probes([deployment.pk for deployment in live])
    return [
        PortfolioRow(
            model_id=deployment.version.model_id,
            model=deployment.version.model.name,
            url=reverse("deployments:endpoint_detail", args=[deployment.endpoint_id]),
            project=str(deployment.version.model.project),
            tier=deployment.version.model.get_tier_display(),
            champion=f"v{deployment.version.number}",
            health=health(deployment.endpoint, is_failing=deployment.pk in failing),
            owner=deployment.version.model.owner,
            endpoint=deployment.endpoint.name,
            endpoint_url=reverse("deployments:endpoint_detail", args=[deployment.endpoint_id]),
            traffic=traffic.get(deployment.endpoint_id, [0.0] * HOURS),
        )
        for deployment in live
    ]


def health(endpoint: Endpoint, *, is_failing: bool = False) -> str:
    """A status of core.status_looks."""
    state = reporting.state_of(endpoint)
    return "unreachable" if is_failing and state == "running" else _HEALTH.get(state, "degraded")


def failing_probes(deployment_ids: list[int]) -> set[int]:
    """Those whose last probe failed. One query."""
    last = ProbeResult.objects.filter(
        deployment_id__in=deployment_ids, at__gte=timezone.now() - timedelta(minutes=10)
    ).values_list("deployment_id", "succeeded")
    state = dict(last.order_by("pk"))
    return {deployment_id for deployment_id, succeeded in state.items() if not succeeded}


def hourly(endpoint_ids: list[int]) -> dict[int, list[float]]:
    """Requests of each of the last 24 hours, oldest first. One query."""
    first = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    counted = (
        TrafficSample.objects.filter(endpoint_id__in=endpoint_ids, at__gte=first)
        .order_by()
        .annotate(hour=TruncHour("at"))
        .values_list("endpoint_id", "hour")
        .annotate(n=Sum("requests"))
    )
    found: dict[int, list[float]] = {}
    for endpoint_id, hour, requests in counted:
        found.setdefault(endpoint_id, [0.0] * HOURS)[_hours(first, hour)] = float(requests)
    return found


def _hours(first: datetime, hour: datetime) -> int:
    return min(int((hour - first).total_seconds() // 3600), HOURS - 1)
