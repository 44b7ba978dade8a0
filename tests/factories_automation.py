"""Retrainings for tests."""

from apps.automation.models import Retraining
from apps.projects.models import Project
from tests.factories_monitoring import monitored, opened


def asked(project: Project) -> Retraining:
    incident = opened(monitored(project))
    return Retraining.objects.create(
        incident=incident,
        model=incident.monitor.endpoint.model,
        outcome="asked",
        reason="The cause calls for retraining.",
        decided_by=incident.assignee,
        actor="rule:test",
    )
