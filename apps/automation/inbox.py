"""Retrainings that a person is asked for, or that could not start."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.automation.models import Retraining
from apps.core.inbox import InboxItem


def items(user: User) -> list[InboxItem]:
    waiting = (
        Retraining.objects.visible_to(user)
        .filter(
            outcome__in=[Retraining.Outcome.ASKED, Retraining.Outcome.FAILED],
            incident__assignee=user,
            incident__resolved_at=None,
        )
        .select_related("incident__monitor__endpoint__model__project")
    )
    return [
        InboxItem(
            title=_("Retrain %(endpoint)s? %(reason)s")
            % {"endpoint": asked.incident.monitor.endpoint, "reason": asked.reason},
            path=reverse("monitoring:incident_detail", args=[asked.incident_id]),
            since=asked.decided_at,
            kind=_("retraining"),
            project=asked.project.name,
            icon="refresh",
        )
        for asked in waiting
    ]
