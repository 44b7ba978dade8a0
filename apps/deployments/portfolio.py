"""The models that serve, for the home page, with the health of their endpoints."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.portfolio import PortfolioRow
from apps.deployments import reporting, traffic
from apps.deployments.models import Deployment, Endpoint, ProbeResult

_HEALTH = {"running": "healthy", "pending": "degraded", "stopped": "stopped", "unreachable": "unreachable"}


def rows(user: User) -> list[PortfolioRow]:
    live = list(
        Deployment.objects.visible_to(user)
        .live()
        .with_everything_for_a_row()
        .select_related("version__model__owner", "version__model__project", "endpoint")
        .order_by("version__model__project__name", "version__model__name")
    )
    asked = traffic.last_day([deployment.endpoint_id for deployment in live])
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
            traffic=asked.get(deployment.endpoint_id, traffic.LastDay()).requests,
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
    state = dict(last.order_by("at"))  # along the index, not through all probes
    return {deployment_id for deployment_id, succeeded in state.items() if not succeeded}
