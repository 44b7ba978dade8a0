"""What the picture of the loop says of the project's proposals."""

from django.urls import reverse
from django.utils.translation import ngettext

from apps.approvals.models import Proposal
from apps.core.loop_picture import StageFacts
from apps.projects.models import Project


def facts(project: Project) -> dict[str, StageFacts]:
    found = Proposal.objects.open().filter(version__model__project=project).order_by("pk")
    waiting = list(found.values_list("pk", flat=True)[:100])
    if not waiting:
        return {}
    word = ngettext("%(n)d awaits approval", "%(n)d await approval", len(waiting)) % {"n": len(waiting)}
    one = len(waiting) == 1
    url = reverse("approvals:proposal_review", args=waiting) if one else reverse("approvals:proposal_list")
    return {"release": StageFacts(url, word, "warn")}
