"""Create, archive and remove projects."""

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events, sealing
from apps.core import declared
from apps.core.errors import NotAllowed, WrongState
from apps.projects.models import Project


@transaction.atomic
def create(
    *,
    name: str,
    purpose: str,
    by: User,
    is_finance_grade: bool = False,
    is_one_person: bool = False,
    is_demo: bool = False,
) -> Project:
    """A new, empty project. Administrators create them; they are no members by that."""
    _require_administrator(by)
    project = Project.objects.create(
        name=name,
        slug=_free_slug(name),
        purpose=purpose,
        is_finance_grade=is_finance_grade,
        is_one_person=is_one_person and not is_finance_grade,
        is_demo=is_demo,
        created_by=by,
    )
    events.record("projects.project_created", project, by=by, finance_grade=is_finance_grade)
    return project


@transaction.atomic
def archive(project: Project, *, by: User) -> Project:
    """Close a project: it stays readable, nothing in it can be changed."""
    _require_administrator(by)
    project = Project.objects.select_for_update().get(pk=project.pk)
    if project.archived_at:
        raise WrongState(_("This project is already archived."))
    project.archived_at = timezone.now()
    project.save(update_fields=["archived_at"])
    events.record("projects.project_archived", project, by=by)
    return project


@transaction.atomic
def remove_demo(project: Project, *, by: User) -> None:
    """
    Remove the demo project with everything in it; its events stay.

    Apps that hold something of a project declare `removals = {"projects.project": …}`; the
    highest app's goes first, so that nothing is removed that something still refers to.
    """
    _require_administrator(by)
    sealing.require()
    if not project.is_demo:
        raise WrongState(_("Only the demo project can be removed; archive this one instead."))
    events.record("projects.demo_removed", project, by=by)
    for remove in reversed(declared.resolved("removals", "projects.project")):
        remove(project)
    project.delete()


def _require_administrator(by: User) -> None:
    if not by.is_administrator:
        raise NotAllowed(_("Only administrators create, archive and remove projects."))


def _free_slug(name: str) -> str:
    base = slugify(name)[:34] or "project"
    taken = set(Project.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug
