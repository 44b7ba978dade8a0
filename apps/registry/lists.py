"""The list of registered models."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core import columns, ranking
from apps.core.listing import Listing
from apps.registry.models import ModelVersion, RegisteredModel, Tier


def _model(record: RegisteredModel) -> str:
    return reverse("registry:model_detail", args=[record.pk])


def _project(record: RegisteredModel) -> str:
    return reverse("projects:project_detail", args=[record.project_id])


def _serving(record: Any) -> str:
    return reverse("registry:version_detail", args=[record.serving.pk])


class ModelList(Listing):
    """
    Of models with their project and owner, `newest` (a version's number) and `live`.

    `live` are the versions in production, one at most; each model gets it as `serving`.
    """

    key = "models"
    always = frozenset({"name"})
    at_first_hidden = frozenset({"created_at"})
    caption = _("Models")

    name = columns.Name(_("Model"), linkify=_model)
    project = columns.Name(_("Project"), accessor="project__name", order_by="project__name", linkify=_project)
    purpose = columns.Name(_("Purpose"))
    tier = columns.Word(_("Risk tier"))
    serving = columns.Word(_("In production"), accessor="serving__number", linkify=_serving)
    approval = columns.Status(_("Its approval"), accessor="serving__approval_status")
    newest = columns.Word(_("Newest version"))
    owner = columns.Person(_("Owner"), order_by="owner__name")
    created_at = columns.When(_("Created"), style="date")

    def complete(self, records: list[Any]) -> list[Any]:
        for model in records:
            model.serving = next(iter(model.live), None)
        return records

    def order_tier(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, ranking.place("tier", Tier.values), is_descending=is_descending)

    def order_serving(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, _of_serving("number"), is_descending=is_descending)

    def order_approval(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, _of_serving("approval_status"), is_descending=is_descending)

    def render_serving(self, value: int) -> str:
        return f"v{value}"

    render_newest = value_serving = value_newest = render_serving


def _of_serving(field: str) -> Subquery:
    serving = ModelVersion.objects.in_production().filter(model=OuterRef("pk"))
    return Subquery(serving.values(field)[:1])
