from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.search import PER_KIND, SearchHit
from apps.experiments.models import Experiment


def find(user: User, text: str) -> list[SearchHit]:
    """Experiments by name or model."""
    visible = Experiment.objects.visible_to(user).select_related("project")
    found = visible.filter(name__icontains=text) | visible.filter(model_name__icontains=text)
    return [
        SearchHit(
            one.name,
            _("experiment"),
            reverse("experiments:experiment_detail", args=[one.pk]),
            "flask",
            one.project.name,
        )
        for one in found.order_by("name")[:PER_KIND]
    ]
