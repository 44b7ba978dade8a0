"""Endpoints by name."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.search import PER_KIND, SearchHit
from apps.deployments.models import Endpoint


def find(user: User, text: str) -> list[SearchHit]:
    found = Endpoint.objects.visible_to(user).filter(name__icontains=text).select_related("model__project")
    return [
        SearchHit(
            endpoint.name,
            _("endpoint"),
            reverse("deployments:endpoint_detail", args=[endpoint.pk]),
            "bolt",
            str(endpoint.project),
        )
        for endpoint in found[:PER_KIND]
    ]
