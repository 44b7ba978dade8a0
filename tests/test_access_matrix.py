"""
Every address, every kind of person, every method: as tests/access says, or the build fails.

What is not offered is refused, and neither a refusal nor a reading request writes anything.
"""

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.accounts.models import User
from apps.projects.models import Project
from apps.projects.roles import Role
from tests import access, writes
from tests.access import ANONYMOUS, STRANGER, WHO, Row
from tests.factories import ProjectFactory, UserFactory, member

READING = ("GET", "HEAD", "OPTIONS")
METHODS = (*READING, "POST", "PUT", "PATCH", "DELETE")


def _names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name or entry.pattern}"
        else:
            yield from _names(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)


def _hides_something(row: Row) -> bool:
    """Whether a stranger is told 404; the link that nobody knows has no object to compare with."""
    return row.kwargs is not access.nothing and all(who[STRANGER] == 404 for who in row.methods.values())


ROWS = access.rows()


def test_every_address_has_a_row_and_every_row_an_address():
    names = Counter(_names(get_resolver()))

    assert sorted(names.keys() - ROWS.keys()) == []
    assert sorted(ROWS.keys() - names.keys()) == []
    # Of two addresses with one name only one would be asked.
    assert [name for name, addresses in names.items() if addresses > 1] == []


class People(dict[str, Client]):
    """A client for each kind of person, signed in when first asked for; the stranger belongs to another project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def __missing__(self, who: str) -> Client:
        client = self[who] = Client(raise_request_exception=False)
        if who != ANONYMOUS:
            client.force_login(self._made(who))
        return client

    def _made(self, who: str) -> User:
        if who == STRANGER:
            return member(ProjectFactory(), *Role)
        if who in (access.ADMINISTRATOR, access.AUDITOR):
            return UserFactory(**{who: True})
        return member(self.project, Role(who))


@pytest.fixture
def people(project) -> People:
    return People(project)


def _ask(client: Client, method: str, url: str, row: Row, project: Project):
    """One request whose effects are undone; `written` are the tables that it wrote to."""
    is_api = url.startswith("/api/")
    cache.clear()  # The sign-in's rate limits are tested elsewhere.
    with transaction.atomic():
        data = {} if method in READING else row.data(project)
        with writes.watched() as written:
            if is_api and method not in READING:
                answer = client.generic(
                    method, url, _json(data), "application/json", headers=dict(row.headers)
                )
            elif method == "POST":
                answer = client.post(url, data, headers=dict(row.headers))
            else:
                answer = client.generic(method, url + row.query, headers=dict(row.headers))
        transaction.set_rollback(True)
    answer.written = written
    return answer


def _json(data) -> bytes:
    return json.dumps(data).encode()


def _agrees(status: int, expected) -> bool:
    return status in expected if isinstance(expected, frozenset) else status == expected


@pytest.mark.services
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ROWS))
def test_everybody_gets_what_the_matrix_says(name, project, people):
    row = ROWS[name]
    url = reverse(name, kwargs=row.kwargs(project))
    wrong = []
    for method in METHODS:
        listed = row.methods.get("GET" if method == "HEAD" else method)
        for who in _asked(method, listed):
            answer = _ask(people[who], method, url, row, project)
            expected = listed[who] if listed else _not_offered(method, who)
            if not _agrees(answer.status_code, expected):
                wrong.append(f"{method} {who}: {answer.status_code}, not {_readable(expected)}")
            may_write = listed and method not in READING and isinstance(expected, frozenset)
            if answer.written and not may_write:
                wrong.append(f"{method} {who}: writes to {', '.join(sorted(answer.written))}")
    assert wrong == [], f"{name} ({url})"


def _asked(method: str, listed: Mapping[str, access.Answer] | None) -> Iterable[str]:
    """
    Everybody; for HEAD, which the view of GET answers, and on another database, where only queries
    differ, one for each answer. A method that is not offered is refused before anybody's rights are
    asked for: were it offered after all, who has none or all of them would be told something else.
    """
    if listed is None:
        return (ANONYMOUS, STRANGER, access.ADMINISTRATOR) if connection.vendor == "sqlite" else ()
    if connection.vendor == "sqlite" and method != "HEAD":
        return WHO
    return {answer: who for who, answer in listed.items()}.values()


def _not_offered(method: str, who: str) -> frozenset[int]:
    """A method that the row does not list."""
    if who == ANONYMOUS:
        return frozenset({302, 401, 405})
    return frozenset({200, 405}) if method == "OPTIONS" else frozenset({405})


def _readable(expected) -> str:
    return " or ".join(map(str, sorted(expected))) if isinstance(expected, frozenset) else str(expected)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if _hides_something(row)))
def test_a_foreign_object_looks_like_one_that_does_not_exist(name, project, people):
    row = ROWS[name]
    foreign = row.kwargs(project)
    unknown = {key: _unknown(value, foreign) for key, value in foreign.items()}
    for method in row.methods:
        theirs = _ask(people[STRANGER], method, reverse(name, kwargs=foreign), row, project)
        nobodys = _ask(people[STRANGER], method, reverse(name, kwargs=unknown), row, project)
        assert theirs.status_code == nobodys.status_code == 404
        assert _same(theirs, foreign) == _same(nobodys, unknown)


def _unknown(value, kwargs):
    """Of the same kind and nobody's. The name of a part (an arrow, a column) stays beside the object's number."""
    if isinstance(value, int):
        return 987_654_321
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    if str(value).isdigit():
        return "987654321"
    return value if any(isinstance(one, int) for one in kwargs.values()) else f"{value}0"


def _same(answer, kwargs) -> str:
    """The body without what differs from request to request, and without the address itself."""
    body = answer.content.decode()
    body = re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]+', "", body)
    body = re.sub(r"urn:request:\w+", "", body).replace(answer.request["PATH_INFO"], "")
    return re.sub(r"\d+", "", body)  # Numbers of objects, and the seconds in which both were asked.


@pytest.mark.django_db
def test_no_session_is_enough_without_the_token_against_forgery(project):
    """What another site makes a browser send has the session alone. The gate takes no session at all."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(administrator=True))
    answers = {}
    for name, row in ROWS.items():
        for method in row.methods.keys() - {*READING}:
            with transaction.atomic():
                url = reverse(name, kwargs=row.kwargs(project))
                answers[name, method] = client.generic(method, url).status_code
                transaction.set_rollback(True)

    assert {name for (name, _), status in answers.items() if status != 403} == {"gateway:gate"}
