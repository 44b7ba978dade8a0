from apps.experiments.models import Experiment, TrainingRun
from apps.projects.models import Project


def remove_project(project: Project) -> None:
    """The demo project's trainings and experiments; what is stored by digest stays."""
    TrainingRun.objects.filter(experiment__project=project).delete()
    Experiment.objects.filter(project=project).delete()
