"""Every address, every kind of person, every method: as tests/access says, or the build fails."""

import importlib
import json
import pkgutil
import re

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.projects.models import Project
from apps.projects.roles import Role
from tests import access
from tests.access import ANONYMOUS, STRANGER, WHO, Row
from tests.factories import ProjectFactory, UserFactory, member

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
REFUSED = frozenset({301, 302, 401, 403, 404, 405})


def _rows() -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for module in pkgutil.iter_modules(access.__path__):
        found = importlib.import_module(f"tests.access.{module.name}").ROWS
        assert not rows.keys() & found.keys(), f"two modules have rows for {rows.keys() & found.keys()}"
        rows |= found
    return rows


def _names(resolver: URLResolver, namespace: str = "") -> set[str]:
    names = set()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            names.add(f"{namespace}{entry.name or entry.pattern}")
        else:
            names |= _names(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
    return names


def _hides_something(row: Row) -> bool:
    """Whether a stranger is told 404; the link that nobody knows has no object to compare with."""
    return row.kwargs is not access.nothing and all(who[STRANGER] == 404 for who in row.methods.values())


ROWS = _rows()


def test_every_address_has_a_row_and_every_row_an_address():
    names = _names(get_resolver())

    assert sorted(names - ROWS.keys()) == []
    assert sorted(ROWS.keys() - names) == []


@pytest.fixture
def people(project) -> dict[str, Client]:
    """A signed-in client for each kind of person; the stranger belongs to another project."""
    elsewhere = ProjectFactory()
    found = {role.value: member(project, role) for role in Role}
    found |= {
        STRANGER: member(elsewhere, *Role),
        "administrator": UserFactory(administrator=True),
        "auditor": UserFactory(auditor=True),
    }
    clients = {ANONYMOUS: Client(raise_request_exception=False)}
    for who, user in found.items():
        clients[who] = Client(raise_request_exception=False)
        clients[who].force_login(user)
    return clients


def _ask(client: Client, method: str, url: str, row: Row, project: Project):
    """One request whose effects are undone."""
    is_api = url.startswith("/api/")
    cache.clear()  # The sign-in's rate limits are tested elsewhere.
    with transaction.atomic():
        data = row.data(project) if method not in {"GET", "HEAD"} else {}
        if is_api and method not in {"GET", "HEAD"}:
            answer = client.generic(method, url, _json(data), "application/json", headers=dict(row.headers))
        elif method == "POST":
            answer = client.post(url, data, headers=dict(row.headers))
        else:
            answer = client.generic(method, url + row.query, headers=dict(row.headers))
        transaction.set_rollback(True)
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
        for who in WHO:
            answer = _ask(people[who], method, url, row, project)
            expected = listed[who] if listed else REFUSED | _as_reading(row, who)
            if not _agrees(answer.status_code, expected):
                wrong.append(f"{method} {who}: {answer.status_code}, not {_readable(expected)}")
    assert wrong == [], f"{name} ({url})"


def _as_reading(row: Row, who: str) -> frozenset[int]:
    """A method that nobody thought of may be answered like GET, since GET changes nothing."""
    reading = row.methods.get("GET", {}).get(who, frozenset())
    return reading if isinstance(reading, frozenset) else frozenset({reading})


def _readable(expected) -> str:
    return " or ".join(map(str, sorted(expected))) if isinstance(expected, frozenset) else str(expected)


@pytest.mark.services
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if _hides_something(row)))
def test_a_foreign_object_looks_like_one_that_does_not_exist(name, project, people):
    row = ROWS[name]
    foreign = row.kwargs(project)
    unknown = {key: _unknown(value) for key, value in foreign.items()}
    for method in row.methods:
        theirs = _ask(people[STRANGER], method, reverse(name, kwargs=foreign), row, project)
        nobodys = _ask(people[STRANGER], method, reverse(name, kwargs=unknown), row, project)
        assert theirs.status_code == nobodys.status_code == 404
        assert _same(theirs, foreign) == _same(nobodys, unknown)


def _unknown(value):
    if isinstance(value, int):
        return 987_654_321
    return "987654321" if str(value).isdigit() else value


def _same(answer, kwargs) -> str:
    """The body without what differs from request to request, and without the address itself."""
    body = answer.content.decode()
    body = re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]+', "", body)
    body = re.sub(r"urn:request:\w+", "", body)
    return body.replace(answer.request["PATH_INFO"], "")
