"""Tell the owner of an incident, and who could set a monitor up. No captured values in messages."""

from django.urls import reverse

from apps.audit.models import Event
from apps.core.said import Said
from apps.core.saying import later as _
from apps.deployments.models import Deployment
from apps.monitoring.models import Incident
from apps.notifications.sending import notify
from apps.projects import access, loop
from apps.projects.models import Arrow, Mode
from apps.projects.roles import Right


def on_incident_opened(event: Event) -> None:
    if incident := _incident(event):
        endpoint = incident.monitor.endpoint
        _tell_assignee(event, incident, _("Incident at %(endpoint)s", endpoint=endpoint))


def on_incident_assigned(event: Event) -> None:
    if incident := _incident(event):
        endpoint = incident.monitor.endpoint
        _tell_assignee(event, incident, _("An incident at %(endpoint)s is yours now", endpoint=endpoint))


def on_deployment_live(event: Event) -> None:
    """Where monitoring is supervised, somebody is asked."""
    deployment = (
        Deployment.objects.select_related("endpoint__model__project").filter(pk=event.object_id).first()
    )
    if deployment is None or loop.mode(deployment.project, Arrow.MONITOR) != Mode.SUPERVISED:
        return
    notify(
        event,
        access.people_with(Right.MONITOR, deployment.project),
        kind="monitoring.wanted",
        subject=_("%(endpoint)s is live without a monitor", endpoint=deployment.endpoint),
        body=_("Set up its monitor, so that somebody hears when its data or its answers change."),
        path=reverse("monitoring:monitor_list"),
    )


def _incident(event: Event) -> Incident | None:
    return (
        Incident.objects.select_related("assignee", "monitor__endpoint__model__project")
        .filter(pk=event.object_id)
        .first()
    )


def _tell_assignee(event: Event, incident: Incident, subject: Said) -> None:
    notify(
        event,
        [incident.assignee],
        kind="monitoring.incident",
        subject=subject,
        body=incident.sentence,
        path=reverse("monitoring:incident_detail", args=[incident.pk]),
    )
