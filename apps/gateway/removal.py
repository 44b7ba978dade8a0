from apps.gateway.models import TrackedExperiment
from apps.projects.models import Project


def remove_project(project: Project) -> None:
    """What the gate knows of the demo project; MLflow keeps its own, which nobody reaches any more."""
    TrackedExperiment.objects.filter(project=project).delete()
