"""Tell the owner of an incident, and who could set a monitor up. No captured values in messages."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.audit.models import Event
from apps.deployments.models import Deployment
from apps.monitoring.models import Incident
from apps.notifications.sending import notify
from apps.projects import access, loop
from apps.projects.models import Arrow, Mode
from apps.projects.roles import Right


def on_incident_opened(event: Event) -> None:
    _tell_assignee(event, _("Incident at %(endpoint)s"))


def on_incident_assigned(event: Event) -> None:
    _tell_assignee(event, _("An incident at %(endpoint)s is yours now"))


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
        subject=_("%(endpoint)s is live without a monitor") % {"endpoint": deployment.endpoint},
        body=_("Set up its monitor, so that somebody hears when its data or its answers change."),
        path=reverse("monitoring:monitor_list"),
    )


def _tell_assignee(event: Event, subject: str) -> None:
    incident = (
        Incident.objects.select_related("assignee", "monitor__endpoint__model__project")
        .filter(pk=event.object_id)
        .first()
    )
    if incident is None:
        return
    notify(
        event,
        [incident.assignee],
        kind="monitoring.incident",
        subject=subject % {"endpoint": incident.monitor.endpoint},
        body=incident.sentence,
        path=reverse("monitoring:incident_detail", args=[incident.pk]),
    )
