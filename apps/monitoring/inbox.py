"""Incidents that wait for a person; silenced ones do not."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.inbox import InboxItem
from apps.monitoring.models import Incident


def items(user: User) -> list[InboxItem]:
    mine = (
        Incident.objects.visible_to(user)
        .waiting()
        .filter(assignee=user)
        .select_related("monitor__endpoint__model__project")
    )
    return [
        InboxItem(
            title=f"{incident.monitor.endpoint}: {incident.sentence}",
            path=reverse("monitoring:incident_detail", args=[incident.pk]),
            since=incident.opened_at,
            kind=_("incident"),
            project=incident.project.name,
            icon="alert-circle",
        )
        for incident in mine
    ]
