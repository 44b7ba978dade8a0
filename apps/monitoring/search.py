"""Monitors by their endpoint's name, and incidents by number, cause or column."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.search import PER_KIND, SearchHit
from apps.monitoring.cause_words import causes_like
from apps.monitoring.models import Incident, Monitor


def find(user: User, text: str) -> list[SearchHit]:
    monitors = (
        Monitor.objects.visible_to(user)
        .filter(endpoint__name__icontains=text)
        .select_related("endpoint__model__project")
    )
    wanted = Q(sentence__icontains=text) | Q(cause__in=causes_like(text))
    wanted |= Q(pk=int(text) if text.isdecimal() and len(text) < 10 else None)
    incidents = (
        Incident.objects.visible_to(user).filter(wanted).select_related("monitor__endpoint__model__project")
    )
    return [
        *(
            SearchHit(
                str(one.endpoint), _("monitor"), reverse("monitoring:monitor_detail", args=[one.pk]),
                "heartbeat", one.project.name,
            )
            for one in monitors[:PER_KIND]
        ),
        *(
            SearchHit(
                f"{one.pk}: {str(one.sentence)[:80]}", _("incident"),
                reverse("monitoring:incident_detail", args=[one.pk]), "alert-circle", one.project.name,
            )
            for one in incidents[:PER_KIND]
        ),
    ]  # fmt: skip
