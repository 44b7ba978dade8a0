"""What the picture of the loop says of the project's endpoints."""

from django.urls import reverse
from django.utils.translation import ngettext

from apps.core.loop_picture import StageFacts
from apps.deployments import portfolio
from apps.deployments.models import Deployment
from apps.projects.models import Project


def facts(project: Project) -> dict[str, StageFacts]:
    live = list(
        Deployment.objects.live()
        .filter(endpoint__model__project=project)
        .select_related("endpoint")
        .only("endpoint")
    )
    if not live:
        return {}
    failing = portfolio.failing_probes([deployment.pk for deployment in live])
    states = [portfolio.health(one.endpoint, is_failing=one.pk in failing) for one in live]
    url = (
        reverse("deployments:endpoint_detail", args=[live[0].endpoint_id])
        if len(live) == 1
        else reverse("deployments:endpoint_list")
    )
    if wrong := sum(state in ("unreachable", "degraded") for state in states):
        word = ngettext("%(n)d does not answer", "%(n)d do not answer", wrong) % {"n": wrong}
        return {"score": StageFacts(url, word, "bad")}
    word = ngettext("%(n)d model serves", "%(n)d models serve", len(live)) % {"n": len(live)}
    return {"score": StageFacts(url, word, "ok")}
