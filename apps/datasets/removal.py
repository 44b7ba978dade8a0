from apps.datasets.models import Dataset, DatasetVersion, Upload
from apps.projects.models import Project


def remove_project(project: Project) -> None:
    """The demo project's data. What lies in storage may be others' too: it is found by its content."""
    Upload.objects.filter(dataset__project=project).delete()
    DatasetVersion.objects.filter(dataset__project=project).delete()
    Dataset.objects.filter(project=project).delete()
