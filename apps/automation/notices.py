"""Ask the owner of an incident whether to retrain."""

from django.urls import reverse

from apps.audit.models import Event
from apps.automation.models import Retraining
from apps.core.said import joined
from apps.core.saying import later as _
from apps.notifications.sending import notify


def on_asked(event: Event) -> None:
    asked = (
        Retraining.objects.select_related("incident__assignee", "incident__monitor__endpoint")
        .filter(pk=event.object_id)
        .first()
    )
    if asked is None:
        return
    notify(
        event,
        [asked.incident.assignee],
        kind="automation.asked",
        subject=_("Retrain %(endpoint)s?", endpoint=asked.incident.monitor.endpoint),
        body=joined(asked.incident.sentence, asked.reason),
        path=reverse("monitoring:incident_detail", args=[asked.incident_id]),
    )
