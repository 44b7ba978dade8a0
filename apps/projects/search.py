from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.search import PER_KIND, SearchHit
from apps.projects.models import Project


def find(user: User, text: str) -> list[SearchHit]:
    """Projects by name or purpose."""
    found = Project.objects.visible_to(user).filter(name__icontains=text)[:PER_KIND]
    return [
        SearchHit(project.name, _("project"), reverse("projects:project_detail", args=[project.pk]), "folder")
        for project in found
    ]
