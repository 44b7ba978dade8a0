"""What the picture of the loop says of the project's data."""

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import ngettext

from apps.core.loop_picture import StageFacts
from apps.datasets.models import DatasetVersion, Upload
from apps.projects.models import Project


def facts(project: Project) -> dict[str, StageFacts]:
    url = f"{reverse('datasets:dataset_list')}?project={project.pk}"
    reading = Upload.objects.filter(dataset__project=project, state=Upload.State.READING).count()
    if reading:
        word = ngettext("reading %(n)d file", "reading %(n)d files", reading) % {"n": reading}
        return {"data": StageFacts(url, word, "busy")}
    found = DatasetVersion.objects.filter(dataset__project=project).aggregate(
        published=Count("pk", filter=Q(status=DatasetVersion.Status.PUBLISHED)),
        quarantined=Count("pk", filter=Q(status=DatasetVersion.Status.QUARANTINED)),
    )
    if found["quarantined"]:
        word = ngettext("%(n)d in quarantine", "%(n)d in quarantine", found["quarantined"])
        return {"data": StageFacts(url, word % {"n": found["quarantined"]}, "bad")}
    if not found["published"]:
        return {}
    word = ngettext("%(n)d published version", "%(n)d published versions", found["published"])
    return {"data": StageFacts(url, word % {"n": found["published"]})}
