"""What the picture of the loop says of retraining."""

from django.urls import reverse
from django.utils.translation import ngettext

from apps.automation.models import Retraining
from apps.core.loop_picture import StageFacts
from apps.projects.models import Project


def facts(project: Project) -> dict[str, StageFacts]:
    asked = Retraining.objects.filter(
        model__project=project, outcome=Retraining.Outcome.ASKED, incident__resolved_at=None
    )
    waiting = list(asked.order_by("pk").values_list("incident", flat=True)[:100])
    if not waiting:
        return {}
    word = ngettext("%(n)d waits for a person", "%(n)d wait for a person", len(waiting)) % {"n": len(waiting)}
    page = reverse("monitoring:incident_detail", args=[waiting[0]])
    return {"retrain": StageFacts(page, word, "warn")}
