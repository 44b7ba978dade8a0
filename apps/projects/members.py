"""Grant and take roles. Only administrators do, and never to themselves."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from apps.accounts.models import User
from apps.audit import events, sealing
from apps.core.errors import NotAllowed, WrongState
from apps.core.saying import later as _
from apps.projects.models import Membership, Project, ProjectPermission
from apps.projects.roles import DECIDERS, RIGHTS, Right, Role


@transaction.atomic
def grant(project: Project, *, to: User, role: Role, by: User, group: str = "") -> Membership:
    """
    Give a person a role in the project.

    A new approver or validator becomes effective after a delay that they and the other deciders
    are told of, so that nobody is made a decider for one decision. Raises NotAllowed, WrongState.
    """
    _require_administrator(by, to)
    sealing.require()
    Project.objects.select_for_update().get(pk=project.pk)
    if role in DECIDERS and to.is_administrator:
        raise WrongState(_("%(person)s is an administrator, and administrators decide nothing.", person=to))
    if project.memberships.filter(person=to, role=role).exists():
        raise WrongState(_("%(person)s already has this role.", person=to))
    membership = Membership.objects.create(
        project=project,
        person=to,
        role=role,
        group=group,
        granted_by=by,
        effective_at=_effective(project, role),
    )
    derive_permissions(project, to)
    events.record(
        "projects.role_granted",
        membership,
        by=by,
        project=project,
        person=to.pk,
        role=role,
        group=group,
        effective_at=membership.effective_at,
    )
    return membership


@transaction.atomic
def revoke(membership: Membership, *, by: User) -> None:
    """Take a role away, at once; also while the log is not sealed, when nothing can be granted."""
    if not by.is_administrator:
        raise NotAllowed(_("Only administrators change roles."))
    membership = (
        Membership.objects.select_for_update().select_related("project", "person").get(pk=membership.pk)
    )
    events.record(
        "projects.role_revoked",
        membership,
        by=by,
        project=membership.project,
        person=membership.person_id,
        role=membership.role,
    )
    membership.delete()
    derive_permissions(membership.project, membership.person)


def derive_permissions(project: Project, person: User) -> None:
    """Make guardian's object permissions equal to what the person's memberships say."""
    roles = Membership.objects.filter(project=project, person=person).values_list("role", flat=True)
    wanted = {right.value for role in roles for right in RIGHTS[Role(role)]}
    held = set(
        ProjectPermission.objects.filter(content_object=project, user=person).values_list(
            "permission__codename", flat=True
        )
    )
    for right in Right:
        if right.value in wanted - held:
            assign_perm(right.value, person, project)
        elif right.value in held - wanted:
            remove_perm(right.value, person, project)


def derive_all_permissions() -> None:
    """After migrations or a change of the table of rights."""
    for membership in Membership.objects.select_related("project", "person"):
        derive_permissions(membership.project, membership.person)


def _require_administrator(by: User, to: User) -> None:
    if not by.is_administrator:
        raise NotAllowed(_("Only administrators change roles."))
    if by.pk == to.pk:
        raise NotAllowed(_("Nobody gives themselves a role; ask another administrator."))


def _effective(project: Project, role: Role) -> datetime:
    now = timezone.now()
    delayed = role in DECIDERS and not project.is_demo
    return now + timedelta(hours=settings.DECIDER_DELAY_HOURS) if delayed else now
