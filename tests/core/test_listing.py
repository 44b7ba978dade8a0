"""Lists, tried on that of projects: any other is declared the same way."""

import csv
import io

import pytest
from django.urls import reverse

from apps.core import listing
from apps.projects.lists import ProjectList
from tests.factories import ProjectFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.services]
ADDRESS = "/projects/"


@pytest.fixture
def reader(client):
    user = UserFactory(administrator=True)
    client.force_login(user)
    return user


@pytest.fixture
def projects(reader):
    for name in ("Beta", "alpha", "=1+1"):
        ProjectFactory(name=name, created_by=reader)


def shown(client, **query):
    return [project.name for project in client.get(ADDRESS, query).context["table"].records]


def exported(client, **query):
    answer = client.get(ADDRESS, {"format": "csv", **query})
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_a_list_is_sorted_by_its_address_and_says_so_to_screen_readers(client, projects):
    assert shown(client, sort="-name") == list(reversed(shown(client, sort="name")))
    page = client.get(ADDRESS, {"sort": "-name", "q": "a", "page": "1"}).content.decode()
    assert 'aria-sort="descending"' in page
    assert 'href="?sort=name&amp;q=a"' in page


@pytest.mark.parametrize("sort", ["nothing", "train", "purpose", "-", "name;drop"])
def test_an_order_that_is_not_offered_changes_nothing(client, projects, sort):
    assert shown(client, sort=sort) == shown(client)


def test_a_page_has_as_many_rows_as_was_asked_for_of_those_offered(client, reader):
    for _n in range(60):
        ProjectFactory(created_by=reader)

    assert [len(shown(client, size=size)) for size in ("", "50", "7", "many")] == [25, 50, 25, 25]
    assert len(shown(client, size="50", page="2")) == 10
    assert len(shown(client, size="50", page="99")) == 10


def test_rows_that_are_equal_stand_on_one_page_only(client, reader):
    for _n in range(60):
        ProjectFactory(created_by=reader)

    pages = [name for page in ("1", "2", "3") for name in shown(client, sort="created_at", page=page)]

    assert len(set(pages)) == 60


def test_a_file_has_all_rows_of_the_list_and_runs_no_formula(client, projects):
    header, *rows = exported(client, q="")

    assert header[:2] == ["Project", "Train"]
    assert sorted(row[0] for row in rows) == ["'=1+1", "Beta", "alpha"]
    assert {row[1] for row in rows} == {"automatic"}


def test_columns_are_each_persons_own_choice(client, projects, reader):
    client.post(reverse("choose_columns"), {"list": "projects", "shown": ["train"], "next": ADDRESS})

    page = client.get(ADDRESS).content.decode()
    assert exported(client)[0] == ["Project", "Train"]
    assert "Retrain</th>" not in page
    client.force_login(UserFactory(administrator=True))
    assert "Retrain" in exported(client)[0]


def test_what_names_a_row_cannot_be_hidden(client, projects):
    client.post(reverse("choose_columns"), {"list": "projects", "next": ADDRESS})

    assert exported(client)[0] == ["Project"]


def test_an_invented_list_is_not_found_and_a_strange_way_back_leads_home(client, reader):
    assert client.post(reverse("choose_columns"), {"list": "no-such"}).status_code == 404
    strange = {"list": "projects", "next": "https://elsewhere.example/"}
    assert client.post(reverse("choose_columns"), strange).headers["Location"] == "/"


def test_a_list_asks_as_often_however_long_it_is(client, reader, django_assert_max_num_queries):
    for _n in range(30):
        ProjectFactory(created_by=reader)

    with django_assert_max_num_queries(10):
        client.get(ADDRESS)


def test_every_list_has_a_name_of_its_own():
    assert listing.named("projects") is ProjectList
