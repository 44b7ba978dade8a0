"""What the picture of the loop says of monitoring."""

from django.urls import reverse
from django.utils.translation import ngettext

from apps.core.loop_picture import StageFacts
from apps.monitoring.models import Incident
from apps.projects.models import Project


def facts(project: Project) -> dict[str, StageFacts]:
    opened = Incident.objects.open().filter(monitor__endpoint__model__project=project).count()
    url = f"{reverse('monitoring:monitor_list')}?project={project.pk}"
    if not opened:
        return {"monitor": StageFacts(url=url)}
    fact = ngettext("%(n)d open incident", "%(n)d open incidents", opened) % {"n": opened}
    incidents = f"{reverse('monitoring:incident_list')}?project={project.pk}"
    return {
        "monitor": StageFacts(url=url),
        "decide": StageFacts(url=incidents, fact=fact, tone="bad"),
    }
