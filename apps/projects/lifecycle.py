"""Create, archive and remove projects."""

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from apps.accounts.models import User
from apps.audit import events, sealing
from apps.core import declared, objections
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import Said
from apps.core.saying import later as _
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
    require_administrator(by)
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
def change(
    project: Project, *, name: str, purpose: str, is_finance_grade: bool, is_one_person: bool, by: User
) -> Project:
    """
    Set what a project is. What makes its rules milder needs a sealed log and no objection.

    Raises NotAllowed, WrongState.
    """
    require_administrator(by)
    project = Project.objects.select_for_update().get(pk=project.pk)
    if project.archived_at:
        raise WrongState(_("This project is archived; nothing in it can be changed."))
    if is_finance_grade and is_one_person:
        raise WrongState(_("A finance-grade project needs more than one person."))
    before = {"finance_grade": project.is_finance_grade, "one_person": project.is_one_person}
    after = {"finance_grade": is_finance_grade, "one_person": is_one_person}
    if before != after:
        sealing.require()
        objections.refuse_on("projects.change_grade", project)
    project.name, project.purpose = name, purpose
    project.is_finance_grade, project.is_one_person = is_finance_grade, is_one_person
    project.save(update_fields=["name", "purpose", "is_finance_grade", "is_one_person"])
    events.record("projects.project_changed", project, by=by, before=before, after=after)
    return project


@transaction.atomic
def archive(project: Project, *, by: User) -> Project:
    """Close a project: it stays readable, nothing in it can be changed."""
    require_administrator(by)
    project = Project.objects.select_for_update().get(pk=project.pk)
    if project.archived_at:
        raise WrongState(_("This project is already archived."))
    objections.refuse_on("projects.archive", project)
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
    require_administrator(by)
    sealing.require()
    if not project.is_demo:
        raise WrongState(_("Only the demo project can be removed; archive this one instead."))
    events.record("projects.demo_removed", project, by=by)
    for remove in reversed(declared.resolved("removals", "projects.project")):
        remove(project)
    project.delete()


def why_not_administer(user: User) -> Said | None:
    """Why the person cannot create, set up, archive or remove projects; None where they can."""
    return None if user.is_administrator else _("Only administrators create, set up and archive projects.")


def require_administrator(by: User) -> None:
    if reason := why_not_administer(by):
        raise NotAllowed(reason)


def _free_slug(name: str) -> str:
    base = slugify(name)[:34] or "project"
    taken = set(Project.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug
