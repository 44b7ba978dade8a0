from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import people
from apps.accounts.models import User
from apps.audit import sealing
from apps.audit.models import Event
from apps.core.errors import NotAllowed, Unavailable, WrongState
from apps.notifications import notices
from apps.notifications.models import Notice
from apps.projects import access, members
from apps.projects.models import Membership, ProjectPermission
from apps.projects.roles import DECIDERS, RIGHTS, Right, Role
from tests.factories import ProjectFactory, UserFactory, member

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.mark.parametrize("role", Role)
def test_only_administrators_grant(project, role):
    with pytest.raises(NotAllowed):
        members.grant(project, to=UserFactory(), role=Role.VIEWER, by=member(project, role))


def test_auditors_do_not_grant(project):
    with pytest.raises(NotAllowed):
        members.grant(project, to=UserFactory(), role=Role.VIEWER, by=UserFactory(auditor=True))


@pytest.mark.parametrize("role", Role)
def test_nobody_grants_themselves(project, administrator, role):
    with pytest.raises(NotAllowed, match="themselves"):
        members.grant(project, to=administrator, role=role, by=administrator)


def test_the_database_refuses_it_too(project, administrator):
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(
            project=project, person=administrator, role=Role.APPROVER, granted_by=administrator
        )


@pytest.mark.parametrize("role", Role)
def test_deciders_become_effective_after_the_delay_and_others_at_once(project, administrator, role, settings):
    settings.DECIDER_DELAY_HOURS = 24
    membership = members.grant(project, to=UserFactory(), role=role, by=administrator)

    right = next(iter(RIGHTS[role] - {Right.VIEW}), Right.VIEW)
    assert membership.is_effective is (role not in DECIDERS)
    assert access.can(membership.person, right, project) is (role not in DECIDERS)
    Membership.objects.update(effective_at=timezone.now() - timedelta(seconds=1))
    assert access.can(membership.person, right, project)


@pytest.mark.parametrize("role", Role)
def test_a_new_decider_is_told_from_when_and_so_are_those_who_could_object(
    project, administrator, role, settings
):
    settings.DECIDER_DELAY_HOURS = 24
    others = [
        member(project, Role.APPROVER), member(project, Role.VALIDATOR), UserFactory(administrator=True),
        project.created_by,
    ]  # fmt: skip
    elsewhere = ProjectFactory(created_by=project.created_by)
    bystanders = [member(project, Role.DATA_SCIENTIST), member(elsewhere, Role.APPROVER)]
    person = UserFactory()
    membership = members.grant(project, to=person, role=role, by=administrator)
    event = Event.objects.get(name="projects.role_granted")

    notices.on_role_granted(event)
    notices.on_role_granted(event)

    assert event.deliveries.get().subscriber == "apps.notifications.notices.on_role_granted"
    told = Notice.objects.values_list("recipient", flat=True)
    expected = [person, *others] if role in DECIDERS else [person]
    assert sorted(told) == sorted(one.pk for one in expected)
    assert not Notice.objects.filter(recipient__in=[administrator, *bystanders]).exists()
    assert f"{membership.effective_at:%Y-%m-%d %H:%M}" in str(Notice.objects.get(recipient=person).body)


@pytest.mark.parametrize("role", sorted(DECIDERS))
def test_an_administrator_decides_nothing_whoever_granted_it(project, administrator, role):
    other = UserFactory(administrator=True)
    with pytest.raises(WrongState, match="administrators decide nothing"):
        members.grant(project, to=other, role=role, by=administrator)

    approver = member(project, role)
    people.change_role(approver, "administrator", by=administrator)

    assert not access.can(User.objects.get(pk=approver.pk), Right.DECIDE, project)
    assert not access.can(User.objects.get(pk=approver.pk), Right.VALIDATE, project)
    assert approver not in access.people_with(Right.DECIDE, project)
    assert approver not in access.people_with(Right.VALIDATE, project)


def test_a_second_grant_of_the_same_role_is_refused(project, administrator):
    person = UserFactory()
    members.grant(project, to=person, role=Role.VIEWER, by=administrator)

    with pytest.raises(WrongState):
        members.grant(project, to=person, role=Role.VIEWER, by=administrator)


def test_guardians_permissions_follow_the_memberships(project, administrator):
    person = UserFactory()
    engineer = members.grant(project, to=person, role=Role.DATA_ENGINEER, by=administrator)
    members.grant(project, to=person, role=Role.DATA_SCIENTIST, by=administrator)

    members.revoke(engineer, by=administrator)

    held = ProjectPermission.objects.filter(user=person).values_list("permission__codename", flat=True)
    assert set(held) == {right.value for right in RIGHTS[Role.DATA_SCIENTIST]}
    assert person.has_perm("projects.train", project)


def test_roles_are_granted_only_while_the_log_is_sealed(project, administrator):
    members.grant(project, to=UserFactory(), role=Role.VIEWER, by=administrator)
    Event.objects.update(at=timezone.now() - timedelta(minutes=2))

    with pytest.raises(Unavailable):
        members.grant(project, to=UserFactory(), role=Role.VIEWER, by=administrator)
    # What was given can be taken at any time.
    members.revoke(Membership.objects.get(), by=administrator)

    sealing.seal_pending()
    members.grant(project, to=UserFactory(), role=Role.VIEWER, by=administrator)


def test_who_granted_what_to_whom_is_in_the_log(project, administrator):
    membership = members.grant(project, to=UserFactory(), role=Role.VIEWER, by=administrator)
    members.revoke(membership, by=administrator)

    names = Event.objects.filter(project_id=project.pk).values_list("name", flat=True)
    assert list(names.order_by("pk")) == ["projects.role_granted", "projects.role_revoked"]


def test_all_rights_at_once_agree_with_each_asked_alone(project):
    everybody = [member(project, role) for role in Role]
    everybody += [UserFactory(administrator=True), UserFactory(auditor=True), UserFactory()]
    everybody += [member(project, *Role, global_role=role) for role in User.GlobalRole]

    for person in everybody:
        asked = {right for right in Right if access.can(person, right, project)}
        assert access.rights_of(person, project) == asked
        listed = {right for right in Right if access.projects_with(right, person, [project.pk])}
        assert listed - {Right.VIEW} == asked - {Right.VIEW}
