"""Whether somebody may: asked of memberships, never of a superuser flag."""

from collections.abc import Iterable

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import NotAllowed
from apps.core.said import Said
from apps.core.saying import later as _
from apps.projects.models import Membership, Project
from apps.projects.roles import RIGHTS, Right, Role, roles_with

_AUDITOR_RIGHTS = frozenset({Right.VIEW, Right.READ_CAPTURE})
_NOT_FOR_ADMINISTRATORS = frozenset({Right.DECIDE, Right.VALIDATE})
"""Who gives the roles must not hold those that decide, whoever granted them."""


def can(user: User | AbstractBaseUser | AnonymousUser, right: Right, project: Project) -> bool:
    """
    Whether one of the person's effective memberships gives the right. Auditors read;
    administrators see, and sign nothing.
    """
    if not isinstance(user, User) or not user.is_active:
        return False
    if user.is_auditor:
        return right in _AUDITOR_RIGHTS
    if user.is_administrator and (right == Right.VIEW or right in _NOT_FOR_ADMINISTRATORS):
        return right == Right.VIEW
    return Membership.objects.filter(
        project=project, person=user, role__in=roles_with(right), effective_at__lte=timezone.now()
    ).exists()


def projects_with(right: Right, user: User, among: Iterable[int]) -> frozenset[int]:
    """Those of these projects, by id, where `can` would say yes to anything but looking: for lists."""
    if not user.is_active or user.is_auditor:
        return frozenset(among) if user.is_active and right in _AUDITOR_RIGHTS else frozenset()
    if user.is_administrator and right in _NOT_FOR_ADMINISTRATORS:
        return frozenset()
    held = Membership.objects.filter(
        project__in=among, person=user, role__in=roles_with(right), effective_at__lte=timezone.now()
    )
    return frozenset(held.values_list("project", flat=True))


def open_projects_with(right: Right, user: User) -> QuerySet[Project]:
    """Projects that are not archived and where one of the person's memberships gives the right."""
    held = Membership.objects.filter(
        person=user, role__in=roles_with(right), effective_at__lte=timezone.now()
    )
    return Project.objects.active().filter(pk__in=held.values("project"))


def rights_of(user: User, project: Project) -> frozenset[Right]:
    """All that the person may do in the project, in one query: for pages with many buttons."""
    if user.is_auditor:
        return _AUDITOR_RIGHTS
    roles = Membership.objects.filter(
        project=project, person=user, effective_at__lte=timezone.now()
    ).values_list("role", flat=True)
    held = {right for role in roles for right in RIGHTS[Role(role)]}
    return frozenset((held | {Right.VIEW}) - _NOT_FOR_ADMINISTRATORS if user.is_administrator else held)


def require(user: User, right: Right, project: Project) -> None:
    """Raise NotAllowed with a sentence that names who could."""
    if not can(user, right, project):
        raise NotAllowed(why_not(right))
    if right != Right.VIEW and project.archived_at:
        raise NotAllowed(why_archived())


def why_archived() -> Said:
    return _("This project is archived; nothing in it can be changed.")


def why_not(right: Right) -> Said:
    roles = [role.label for role in roles_with(right)]
    return _("To %(do)s you need one of these roles in the project: %(roles)s.", do=right.label, roles=roles)


def people_with(right: Right, project: Project) -> list[User]:
    """Active members whose roles give the right, by name."""
    found = User.objects.filter(
        is_active=True,
        memberships__project=project,
        memberships__role__in=roles_with(right),
        memberships__effective_at__lte=timezone.now(),
    )
    if right in _NOT_FOR_ADMINISTRATORS:
        found = found.exclude(global_role=User.GlobalRole.ADMINISTRATOR)
    return list(found.distinct().order_by("name"))
