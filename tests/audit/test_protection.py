"""What the database itself refuses, and two sealers at once."""

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from apps.audit import protection, sealing, verification
from apps.audit.models import Checkpoint, Event, EventDetail, Seal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.fixture
def protected(happen, var_dir):
    """
    The triggers, while a test runs. They go before the tables are emptied: emptying is exactly
    what they refuse.
    """
    happen(3, detail={"reason": "because"})
    sealing.seal_pending()
    Checkpoint.objects.create(sequence=3, hash="0" * 64, signature="0" * 128)
    protection.install(connection)
    protection.install(connection)
    yield
    protection.remove(connection)


CHANGES = {
    "change an event": lambda: Event.objects.update(actor="user:1"),
    "delete an event": lambda: _sql("DELETE FROM audit_event"),
    "change a seal": lambda: Seal.objects.update(hash="f" * 64),
    "delete a seal": lambda: _sql("DELETE FROM audit_seal"),
    "delete a checkpoint": lambda: _sql("DELETE FROM audit_checkpoint"),
    "change a checkpoint": lambda: Checkpoint.objects.update(sequence=1),
    "change a detail": lambda: EventDetail.objects.update(content="{}"),
    "erase a detail by half": lambda: EventDetail.objects.update(content="", erased_at=timezone.now()),
    "delete a detail": lambda: _sql("DELETE FROM audit_eventdetail"),
}


def _sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("what", CHANGES)
def test_the_database_refuses_to(protected, what):
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        CHANGES[what]()


@pytest.mark.postgresql
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", [*protection.TABLES, protection.DETAIL])
def test_the_database_refuses_to_empty(protected, table):
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        _sql(f"TRUNCATE {table} CASCADE")


def test_the_database_lets_the_log_be_written_and_a_detail_be_erased(protected, happen):
    happen()
    assert sealing.seal_pending() == 1
    EventDetail.objects.filter(event__seal__sequence=1).update(content="", salt="", erased_at=timezone.now())


def test_without_the_triggers_the_same_goes_through(happen):
    """The negative control."""
    happen()
    assert Event.objects.update(actor="user:1") == 1


@pytest.mark.postgresql
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite knows one writer")
def test_two_sealers_at_once_do_not_fork_the_chain(happen, var_dir):
    happen(600)
    refused = []

    def seal():
        try:
            while True:
                try:
                    if not sealing.seal_pending(7):
                        return
                except IntegrityError as second:
                    refused.append(second)
        finally:
            connection.close()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused, "The negative control: they did meet."
    found = verification.verify()
    assert (found.holds, found.sealed, found.unsealed) == (True, 600, 0)
