"""What the programs' own roles may do to the log and to decisions, on PostgreSQL."""

import pytest
from django.db import connection

from apps.home import database_roles
from tests.factories import ProjectFactory

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite knows no roles"),
]
EVERYTHING = {"SELECT", "INSERT", "UPDATE", "DELETE"}


@pytest.fixture
def roles():
    """As docker/postgres/roles.sh makes them; they go with the test's transaction."""
    _sql(f"CREATE ROLE {database_roles.GROUP} NOLOGIN")
    _sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {database_roles.GROUP}")


def _sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _may(table):
    found = set()
    with connection.cursor() as cursor:
        for right in (*EVERYTHING, "TRUNCATE"):
            cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [database_roles.GROUP, table, right])
            found |= {right} if cursor.fetchone() == (True,) else set()
    return found


@pytest.mark.parametrize("table", database_roles.ONLY_ADDED_TO)
def test_events_and_decisions_are_only_added_to(roles, table):
    assert _may(table) == EVERYTHING

    database_roles.limit()
    database_roles.limit()

    assert _may(table) == {"SELECT", "INSERT"}


def test_a_detail_can_be_erased_and_the_rest_is_written(roles):
    database_roles.limit()

    assert _may("audit_eventdetail") == {"SELECT", "INSERT", "UPDATE"}
    assert _may("approvals_proposal") == EVERYTHING


def test_the_decisions_in_a_demo_can_be_removed_with_it(roles):
    ProjectFactory(is_demo=True)

    database_roles.limit()

    assert _may("approvals_decision") == {"SELECT", "INSERT", "DELETE"}


def test_a_database_without_such_roles_is_left_alone():
    database_roles.limit()
