"""What the picture of the loop says of the project's trainings."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.loop_picture import StageFacts
from apps.experiments.models import TrainingRun
from apps.pipelines.models import State
from apps.projects.models import Project


def facts(project: Project) -> dict[str, StageFacts]:
    runs = TrainingRun.objects.filter(experiment__project=project).select_related("pipeline_run")
    last = runs.defer("report", "settings").order_by("-pk").first()
    if last is None:
        return {}
    page, state = reverse("experiments:run_detail", args=[last.pk]), last.pipeline_run.state
    if not last.pipeline_run.is_final:
        return {"train": StageFacts(page, _("run %(n)s is going on") % {"n": last.number}, "busy")}
    if state == State.FAILED:
        return {"train": StageFacts(page, _("run %(n)s failed") % {"n": last.number}, "bad")}
    url = f"{reverse('experiments:experiment_list')}?project={project.pk}"
    return {"train": StageFacts(url, _("last: run %(n)s") % {"n": last.number})}
