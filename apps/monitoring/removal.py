"""Take out what monitoring holds of the demo project. The stored files stay where they are."""

from apps.monitoring.models import (
    Baseline,
    CaptureFile,
    CountsBucket,
    GroundTruth,
    Incident,
    Monitor,
    WindowResult,
)
from apps.projects.models import Project


def remove_project(project: Project) -> None:
    Incident.objects.filter(monitor__endpoint__model__project=project).delete()
    WindowResult.objects.filter(monitor__endpoint__model__project=project).delete()
    Monitor.objects.filter(endpoint__model__project=project).delete()
    CountsBucket.objects.filter(deployment__endpoint__model__project=project).delete()
    CaptureFile.objects.filter(endpoint__model__project=project).delete()
    GroundTruth.objects.filter(endpoint__model__project=project).delete()
    Baseline.objects.filter(version__model__project=project).delete()
