"""What lower apps ask about who may see which project."""

from apps.accounts.models import User
from apps.projects.models import Project


def visible_projects(user: User) -> dict[int, str]:
    """The names of the projects that the person may see, by id."""
    return dict(Project.objects.visible_to(user).values_list("pk", "name"))
