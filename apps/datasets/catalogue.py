"""The datasets of a project: made once, then versions come."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events
from apps.datasets.models import Dataset
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right


@transaction.atomic
def create(project: Project, *, name: str, description: str, by: User) -> Dataset:
    """A dataset without versions. Raises ValidationError where the project has one of this name."""
    access.require(by, Right.EDIT_DATA, project)
    Project.objects.select_for_update().get(pk=project.pk)
    name = printable(name)
    if not name:
        raise ValidationError({"name": _("A dataset needs a name.")})
    if project.datasets.filter(name__iexact=name).exists():
        raise ValidationError({"name": _("This project has a dataset of this name already.")})
    dataset = Dataset.objects.create(
        project=project, name=name, description=description.replace("\0", ""), created_by=by
    )
    events.record("datasets.dataset_created", dataset, by=by, detail={"name": name})
    return dataset


def printable(text: str) -> str:
    """The text in one line, without signs that cannot be seen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
