import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.people import Person, invite
from tests.e2e.sharing import Shared
from tests.e2e.stack import Stack
from tests.e2e.stations import ROLES


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test tells what the portal's programs wrote."""
    report = yield
    stack = item.funcargs.get("stack") if report.failed and hasattr(item, "funcargs") else None
    if stack is not None:
        report.sections.append(("the portal's logs", stack.logs()))
    return report


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Shared:
    """By all workers of this run, whose own folders lie beside each other."""
    folder = tmp_path_factory.getbasetemp()
    return Shared(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="session")
def stack(shared) -> Iterator[Stack]:
    """The whole portal, once for all tests that need one."""
    with shared.stack() as stack:
        yield stack


@pytest.fixture(scope="session")
def administrator(stack, shared) -> Iterator[Person]:
    """The first one, let in by the printed link."""
    person = Person(stack.url, "ada@example.org", "Ada Administrator")

    def let_in() -> dict[str, Any]:
        person.accept(stack.first_link, first=True)
        person.use_token()
        return person.pass_on()

    person.take_over(shared.once("administrator", let_in))
    yield person
    person.close()


@pytest.fixture(scope="session")
def team(administrator, shared) -> Iterator[dict[str, Person]]:
    """Somebody for each role, and a stranger."""
    found = {role: _member(administrator, shared, role) for role in (*ROLES, "stranger")}
    yield found
    for person in found.values():
        person.close()


def _member(administrator: Person, shared: Shared, role: str) -> Person:
    person = Person(administrator.url, f"{role}@api.example", role.title())
    person.take_over(shared.once(role, lambda: invite(administrator, person).pass_on()))
    return person
