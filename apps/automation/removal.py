from apps.automation.models import Retraining
from apps.projects.models import Project


def remove_project(project: Project) -> None:
    Retraining.objects.filter(model__project=project).delete()
