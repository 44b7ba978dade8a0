"""
A copy of the tests' database with the triggers of a real installation.

Those refuse to empty tables, as is done with the tests' own database after each test that commits;
so that one has none, and a copy goes as a whole, with all that a test did to it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, connections

from apps.approvals import protection as of_decisions
from apps.audit import protection as of_the_log

SUFFIX = "installed"


@contextmanager
def copy() -> Iterator[None]:
    """From now on this process, its threads and the children that it forks use the copy."""
    ours = connection.settings_dict["NAME"]
    _let_go_of(ours)
    connection.creation.clone_test_db(SUFFIX, verbosity=0)
    theirs = connection.creation.get_test_db_clone_settings(SUFFIX)["NAME"]
    _use(theirs)
    of_the_log.install(connection)
    of_decisions.install(connection)
    try:
        yield
    finally:
        _use(ours)
        _let_go_of(theirs)
        connection.creation.destroy_test_db(suffix=SUFFIX, verbosity=0)


def _use(name: str) -> None:
    connections.close_all()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def _let_go_of(name: str) -> None:
    """PostgreSQL neither copies nor drops what is in use, and an ended thread's connection closes in its time."""
    connections.close_all()
    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
