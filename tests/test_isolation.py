"""
Two projects: who belongs to one alone reads nothing of the other, by no list, no search and no number.

That a foreign object's own address answers as one that nobody has is in tests/test_access_matrix.py.
"""

import json
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from apps.projects.roles import Role
from tests import access, writes
from tests.access import STRANGER
from tests.factories import ProjectFactory, member

pytestmark = [pytest.mark.services, pytest.mark.django_db]
ROWS = access.rows()
THE_SAME_FOR_ALL = frozenset({"api:schema", "api:status", "home:health"})
LISTS = sorted(
    name
    for name, row in ROWS.items()
    if row.kwargs is access.nothing
    and row.methods.get("GET", {}).get(STRANGER) == 200
    and name not in THE_SAME_FOR_ALL
)
OBJECTS = sorted(
    name
    for name, row in ROWS.items()
    if row.kwargs is not access.nothing
    and row.methods.get("GET", {}).get(STRANGER) == 404
    and row.methods["GET"]["auditor"] == 200
    and not name.startswith("accounts:")
)
"""What belongs to a project and can be read."""


@pytest.fixture
def two(project):
    """Somebody with every role in each of two projects; the first one is full."""
    elsewhere = ProjectFactory(name="Elsewhere", slug="elsewhere")
    insider, stranger = Client(), Client()
    person = member(project, *Role)
    insider.force_login(person)
    stranger.force_login(member(elsewhere, *Role))
    makers = {ROWS[name].kwargs for name in OBJECTS}
    made = {make: make(project) for make in makers}
    addresses = {reverse(name, kwargs=made[ROWS[name].kwargs]) for name in OBJECTS}
    return SimpleNamespace(
        project=project,
        elsewhere=elsewhere,
        insider=insider,
        insider_email=person.email,
        stranger=stranger,
        addresses=addresses,
    )


def test_no_list_shows_what_belongs_to_another_project(two):
    shown, leaked = {}, {}
    for name in LISTS:
        url = reverse(name)
        shown[name] = _seen(two.insider, url, two)
        leaked[name] = _seen(two.stranger, url, two) & shown[name]

    assert {name: sorted(seen) for name, seen in leaked.items() if seen} == {}
    print({name: len(seen) for name, seen in shown.items()})


@pytest.mark.parametrize("words", ["dataset", "experiment", "model", "endpoint"])
def test_no_search_finds_what_belongs_to_another_project(two, words):
    url = f"{reverse('home:search')}?q={words}"

    assert _seen(two.insider, url, two)
    assert _seen(two.stranger, url, two) == set()


def _seen(client, url, two):
    """
    The addresses of the first project's objects in a page; the rows of what a program gets, or
    of a download.
    """
    answer = client.get(url)
    body = b"".join(answer) if answer.streaming else answer.content
    if "html" in answer.headers["Content-Type"]:
        return {address for address in two.addresses if f'"{address}"'.encode() in body}
    if not answer.headers["Content-Type"].startswith("application/json"):
        return set(body.decode().splitlines()[1:])
    document = json.loads(body)
    rows = document.get("results", []) if isinstance(document, dict) else document
    return {json.dumps(row, sort_keys=True) for row in rows}


def foreign(two, name, key="pk"):
    """The number of an object of the first project."""
    return ROWS[name].kwargs(two.project)[key]


def own(two, name, foreign_part=""):
    """The address of an object of one's own project; its part is another's."""
    kwargs = ROWS[name].kwargs(two.elsewhere)
    if foreign_part:
        kwargs[foreign_part] = foreign(two, name, foreign_part)
    return reverse(name, kwargs=kwargs)


def experiment(two):
    named = {"name": "mine", "model_name": "mine", "settings": {"target": "default"}}
    return reverse("api:experiment-list"), named | {"dataset": foreign(two, "api:dataset-detail")}


def roll_back(two):
    sent = {"reason": "to see who may", "to": foreign(two, "api:deployment-detail")}
    return own(two, "api:endpoint-roll-back"), sent


NUMBERS = {
    "a foreign project": lambda two: (
        reverse("api:dataset-list"),
        {"project": two.project.pk, "name": "mine"},
    ),
    "foreign data": experiment,
    "a foreign version": lambda two: (
        reverse("api:release-list"),
        {"version": foreign(two, "api:modelversion-detail")},
    ),
    "a foreign deployment": roll_back,
    "a foreign membership": lambda two: (own(two, "api:project-revoke", "membership"), {}),
    "a key of a foreign endpoint": lambda two: (own(two, "api:endpoint-revoke-key", "key"), {}),
    "a key of a foreign endpoint, on the page": lambda two: (
        own(two, "deployments:revoke_key", "key_pk"),
        {},
    ),
    "a foreign person": lambda two: (own(two, "api:monitor-hand-over"), {"to": two.insider_email}),
}
"""What names something of another project, beside something of one's own or in what is sent."""


@pytest.mark.parametrize("what", NUMBERS)
def test_a_foreign_number_in_what_is_sent_leads_nowhere(two, what):
    url, sent = NUMBERS[what](two)

    with writes.watched() as written:
        answer = two.stranger.post(url, sent, content_type="application/json")

    assert answer.status_code in {400, 404, 409}
    assert written == set()
