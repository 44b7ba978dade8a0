"""Models by name."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.search import PER_KIND, SearchHit
from apps.registry.models import RegisteredModel


def find(user: User, text: str) -> list[SearchHit]:
    found = RegisteredModel.objects.visible_to(user).filter(name__icontains=text).select_related("project")
    return [
        SearchHit(
            model.name,
            _("model"),
            reverse("registry:model_detail", args=[model.pk]),
            "box",
            str(model.project),
        )
        for model in found[:PER_KIND]
    ]
