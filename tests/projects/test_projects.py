import pytest
from django.urls import reverse

from apps.core.errors import NotAllowed, WrongState
from apps.projects import access, lifecycle, loop
from apps.projects.models import Arrow, Mode, Project
from apps.projects.roles import Role
from tests.factories import ProjectFactory, member

pytestmark = [pytest.mark.services, pytest.mark.django_db]
SETTINGS = {"name": "Credit", "purpose": "", "is_finance_grade": False, "is_one_person": False}


def test_an_archived_project_can_be_read_and_not_changed(client, project, administrator):
    engineer = member(project, Role.ML_OPS_ENGINEER)
    lifecycle.archive(project, by=administrator)
    client.force_login(engineer)

    assert client.get(reverse("projects:project_detail", args=[project.pk])).status_code == 200
    with pytest.raises(NotAllowed, match="archived"):
        loop.choose(project, Arrow.RETRAIN, Mode.MANUAL, by=engineer)
    with pytest.raises(WrongState, match="archived"):
        lifecycle.change(project, by=administrator, **SETTINGS)


def test_a_project_is_archived_once(project, administrator):
    lifecycle.archive(project, by=administrator)

    with pytest.raises(WrongState):
        lifecycle.archive(project, by=administrator)


def test_a_finance_grade_project_is_not_of_one_person(project, administrator):
    with pytest.raises(WrongState):
        lifecycle.change(
            project,
            by=administrator,
            **SETTINGS | {"is_finance_grade": True, "is_one_person": True},
        )


def test_only_the_demo_can_be_removed(project, administrator):
    with pytest.raises(WrongState):
        lifecycle.remove_demo(project, by=administrator)

    demo = ProjectFactory(is_demo=True)
    lifecycle.remove_demo(demo, by=administrator)
    assert not Project.objects.filter(pk=demo.pk).exists()


@pytest.mark.parametrize("arrow", Arrow)
def test_who_may_do_it_by_hand_may_let_it_run_by_itself_and_nobody_else(project, arrow):
    for role in Role:
        person = member(project, role)
        may = loop.RIGHT_TO_SET[arrow] in access.rights_of(person, project)
        if may:
            loop.choose(project, arrow, Mode.MANUAL, by=person)
            assert loop.mode(project, arrow) == Mode.MANUAL
            assert loop.chosen_by(project, arrow) == person
        else:
            with pytest.raises(NotAllowed):
                loop.choose(project, arrow, Mode.AUTOMATIC, by=person)


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_asks_the_database_as_often_for_twenty_projects_as_for_one(
    client, administrator, number, django_assert_max_num_queries
):
    ProjectFactory.create_batch(number)
    client.force_login(administrator)

    with django_assert_max_num_queries(10):
        client.get(reverse("projects:project_list"))


@pytest.mark.parametrize("number", [1, 20])
def test_so_does_the_page_of_its_people(
    client, project, administrator, number, django_assert_max_num_queries
):
    for _ in range(number):
        member(project, Role.VIEWER)
    client.force_login(administrator)

    with django_assert_max_num_queries(10):
        client.get(reverse("projects:members", args=[project.pk]))
    with django_assert_max_num_queries(20):
        client.get(reverse("projects:project_detail", args=[project.pk]))


def test_somebody_without_an_account_is_invited_with_the_role(client, project, administrator, mailoutbox):
    client.force_login(administrator)

    answer = client.post(
        reverse("projects:grant", args=[project.pk]), {"email": "new@example.org", "role": "viewer"}
    )

    assert "/people/welcome/" in answer.content.decode()
    assert mailoutbox[0].to == ["new@example.org"]


def test_a_project_name_cannot_be_taken_twice(client, administrator, project):
    client.force_login(administrator)

    answer = client.post(reverse("projects:project_create"), {"name": project.name})

    assert answer.status_code == 400


def test_search_finds_what_the_person_may_see(client, project):
    mine = member(project, Role.VIEWER)
    other = ProjectFactory(name=f"{project.name} of others")
    client.force_login(mine)

    found = client.get("/search/", {"q": project.name}).content.decode()

    assert reverse("projects:project_detail", args=[project.pk]) in found
    assert other.name not in found
