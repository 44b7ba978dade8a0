"""Remove what the registry holds of a demo project."""

from apps.projects.models import Project
from apps.registry.models import ModelVersion, RegisteredModel, Validation


def remove_project(project: Project) -> None:
    Validation.objects.filter(training_run__experiment__project=project).delete()
    ModelVersion.objects.filter(model__project=project).delete()
    RegisteredModel.objects.filter(project=project).delete()
