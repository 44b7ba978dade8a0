"""What monitoring puts on the pages of lower apps."""

from typing import Any

from django.http import HttpRequest  # noqa: TID251 - a panel is a part of a page

from apps.accounts.requests import reader
from apps.deployments.models import Endpoint
from apps.monitoring import lights, policy, setting_up
from apps.monitoring.models import Baseline, Incident, Monitor
from apps.registry.models import ModelVersion

Context = dict[str, Any] | None


def of_endpoint(request: HttpRequest, endpoint: Endpoint) -> Context:
    """State, owner and open incidents, or the button that sets a monitor up."""
    monitor = Monitor.objects.select_related("owner").filter(endpoint=endpoint).first()
    return {
        "template": "monitoring/_endpoint_panel.html",
        "endpoint": endpoint,
        "monitor": monitor,
        "state": lights.states([monitor])[monitor.pk] if monitor else None,
        "why_not": None if monitor else policy.why_not_start(endpoint, reader(request)),
    }


def of_version(request: HttpRequest, version: ModelVersion) -> Context:
    """The version's baseline, and the incidents it had; nothing before it ever went live."""
    baseline = Baseline.objects.filter(version=version).first()
    run = None if baseline else setting_up.baseline_run(version)
    incidents = Incident.objects.filter(deployment__version=version)[:5]
    if baseline is None and run is None and not incidents:
        return None
    return {
        "template": "monitoring/_version_panel.html",
        "baseline": baseline,
        "run": run,
        "incidents": incidents,
    }
