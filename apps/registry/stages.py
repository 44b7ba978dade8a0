"""What the picture of the loop says of the project's models."""

from django.urls import reverse
from django.utils.translation import ngettext

from apps.core.loop_picture import StageFacts
from apps.projects.models import Project
from apps.registry.models import ModelVersion, Validation


def facts(project: Project) -> dict[str, StageFacts]:
    models = f"{reverse('registry:model_list')}?project={project.pk}"
    found = {}
    waiting = (
        Validation.objects.filter(
            training_run__experiment__project=project, resolution=Validation.Resolution.OPEN
        )
        .exclude(verdict=Validation.Verdict.PROMOTE)
        .order_by("pk")
        .values_list("pk", flat=True)[:100]
    )
    if count := len(waiting):
        word = ngettext("%(n)d waits for a person", "%(n)d wait for a person", count) % {"n": count}
        page = reverse("registry:validation_detail", args=[waiting[0]])
        found["validate"] = StageFacts(page, word, "warn")
    versions = ModelVersion.objects.filter(model__project=project).count()
    if versions:
        word = ngettext("%(n)d version", "%(n)d versions", versions) % {"n": versions}
        found["register"] = StageFacts(models, word)
    return found
