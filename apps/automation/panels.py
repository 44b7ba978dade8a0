"""What automation puts on the pages of lower apps."""

from typing import Any

from django.http import HttpRequest  # noqa: TID251 - a panel is a part of a page

from apps.accounts.requests import reader
from apps.automation import guards, policy
from apps.automation.models import Retraining
from apps.monitoring.models import Incident
from apps.projects import loop
from apps.projects.models import Arrow


def of_incident(request: HttpRequest, incident: Incident) -> dict[str, Any]:
    """What was made of the incident, and the button."""
    asked = (
        Retraining.objects.select_related(
            "training_run__experiment", "dataset_version__dataset", "decided_by"
        )
        .filter(incident=incident)
        .first()
    )
    why_not = policy.why_not_retrain(incident, reader(request))
    return {
        "template": "automation/_incident_panel.html",
        "incident": incident,
        "asked": asked,
        "mode": loop.mode(incident.project, Arrow.RETRAIN),
        "why_not": why_not or guards.why_not_now(incident.monitor.endpoint.model),
    }
