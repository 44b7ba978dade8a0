"""
Whatever is sent to whatever address: a person gets a page, a program a problem document with a
sentence, and nothing is done by halves. Values that only PostgreSQL refuses are among it.
"""

import json
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import Event
from apps.projects.models import Project
from apps.projects.roles import Role
from tests import access
from tests.access import ADMINISTRATOR, AUDITOR, MAY, Row
from tests.factories import UserFactory, member
from tests.test_access_matrix import ROWS

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

NO_DOCUMENTS = [b"{", b"[]", b'"text"', b"null", b"17", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}']
NO_VALUES: list[Any] = [None, -1, 10**30, "", "a\0b", "\ud800", "x" * 5000, [[]], {"a": {"b": None}}]
FILTERS = (
    *("project", "dataset", "dataset_version", "experiment", "model", "version", "endpoint", "monitor"),
    *("incident", "run", "training_run", "window", "with", "page", "before", "after", "step", "q", "id"),
    *("status", "state", "stage", "verdict", "kind", "order", "person", "object", "action", "chain"),
    *("since", "until", "at", "cursor", "unread"),
)
NO_FILTERS = ["²", "9" * 40, str(2**63 - 1), "-1", "x", "0001-01-01", "9999-12-31", "cD14"]
ALLOWED_TO_TELL = {"approvals.decision_refused"}
"""Events of refusals, which are recorded as such."""

NARROWED = {
    "datasets:version_difference", "monitoring:monitor_column", "experiments:compare", "pipelines:run_log",
    "experiments:experiment_detail", "api:datasetversion-difference", "api:monitor-rows",
    "api:endpoint-history", "api:job-log",
}  # fmt: skip
"""What reads its query string besides the lists."""

API_ACTIONS = sorted(name for name, row in ROWS.items() if name.startswith("api:") and "POST" in row.methods)
FILTERED = sorted(
    name
    for name, row in ROWS.items()
    if ":" in name
    and name != "api:schema"
    and "GET" in row.methods
    and (row.kwargs is access.nothing or name in NARROWED)
)


def somebody_who_may(row: Row, method: str, project: Project) -> User:
    """One of those that the table lets; where it lets nobody, a member who holds every role."""
    may = [who for who, answer in row.methods[method].items() if answer in (MAY, 200)]
    if ADMINISTRATOR in may:
        return UserFactory(administrator=True)
    return UserFactory(auditor=True) if AUDITOR in may else member(project, *Role)


def ask(user: User, method: str, url: str, body: bytes = b"") -> Any:
    """One request whose effects are undone; what it recorded is in `told`."""
    client = APIClient(raise_request_exception=False)
    if "/api/" in url:
        client.force_authenticate(user)
    else:
        client.force_login(user)
    with transaction.atomic():
        before = Event.objects.count()
        answer = client.generic(method, url, body, content_type="application/json")
        answer.told = set(Event.objects.order_by("pk").values_list("name", flat=True)[before:])
        transaction.set_rollback(True)
    return answer


def check(answer: Any, what: object) -> None:
    assert answer.status_code < 500, f"{what!r:.80}: {answer.status_code}"
    if answer.status_code < 400:
        return
    assert answer.told <= ALLOWED_TO_TELL, f"{what!r:.80} was refused, but did {answer.told}"
    if answer.request["PATH_INFO"].startswith("/api/"):
        assert answer.headers["Content-Type"] == "application/problem+json", f"{what!r:.80}"
        assert answer.json()["detail"], f"{what!r:.80}"
    else:
        assert answer.content, f"{what!r:.80}: an empty page"


@pytest.mark.parametrize("name", API_ACTIONS)
def test_what_is_no_document_and_no_value_is_refused_with_a_sentence(name, project):
    row = ROWS[name]
    url, user = reverse(name, kwargs=row.kwargs(project)), somebody_who_may(row, "POST", project)
    fields = row.data(project)
    bodies = [json.dumps(dict.fromkeys(fields, value)).encode() for value in NO_VALUES if fields]
    documents = NO_DOCUMENTS if fields else NO_DOCUMENTS[:2]
    for body in (*documents, *bodies):
        check(ask(user, "POST", url, body), body)


@pytest.mark.parametrize("name", FILTERED)
def test_what_is_no_filter_is_no_fault(name, project):
    row = ROWS[name]
    url, user = reverse(name, kwargs=row.kwargs(project)), somebody_who_may(row, "GET", project)
    for shift in range(3):
        texts = (NO_FILTERS[(place + shift) % len(NO_FILTERS)] for place in range(len(FILTERS)))
        query = "&".join(f"{field}={text}" for field, text in zip(FILTERS, texts, strict=True))
        check(ask(user, "GET", f"{url}?{query}"), query)


@pytest.mark.parametrize("url", ["/datasets/?q=%00", "/api/v1/datasets/?status=%00", "/api/v1/requests/%00/"])
def test_a_nul_in_an_address_is_refused(url, administrator):
    answer = ask(administrator, "GET", url)

    check(answer, url)
    assert answer.status_code == 400
