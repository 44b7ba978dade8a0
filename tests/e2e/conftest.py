from collections.abc import Iterator

import pytest

from tests.e2e.people import Person, invite
from tests.e2e.stack import Stack, running
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
def stack() -> Iterator[Stack]:
    """The whole portal, once for all tests that need one."""
    with running() as stack:
        yield stack


@pytest.fixture(scope="session")
def administrator(stack) -> Iterator[Person]:
    """The first one, let in by the printed link."""
    person = Person(stack.url, "ada@example.org", "Ada Administrator")
    person.accept(stack.first_link, first=True)
    person.use_token()
    yield person
    person.close()


@pytest.fixture(scope="session")
def team(administrator) -> Iterator[dict[str, Person]]:
    """Somebody for each role, and a stranger."""
    found = {
        role: invite(administrator, f"{role}@api.example", role.title()) for role in (*ROLES, "stranger")
    }
    yield found
    for person in found.values():
        person.close()
