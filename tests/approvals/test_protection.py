"""What the database itself refuses of decisions, in a copy with the triggers of a real installation."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.approvals import protection
from apps.approvals.models import Decision, Proposal, ProposalPerson
from apps.audit.models import Event
from apps.projects import lifecycle
from apps.projects.models import Project

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.usefixtures("as_installed"),
]
is_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite refuses changes alone")
CHANGES = {
    "change a verdict": lambda: Decision.objects.update(verdict="reject"),
    "change who signed": lambda: Decision.objects.update(person=Proposal.objects.get().proposed_by),
    "make a contributor a decider": lambda: ProposalPerson.objects.update(part="decider"),
}
REMOVALS = {
    "delete a decision": "DELETE FROM approvals_decision",
    "delete a contributor": "DELETE FROM approvals_proposalperson WHERE part = 'contributor'",
    **{f"empty {table}": f"TRUNCATE {table} CASCADE" for table in protection.TABLES},
}


@pytest.fixture
def decided(propose, approve, approver):
    proposal = propose("medium")
    approve(proposal, approver)
    return proposal


def _sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("what", CHANGES)
def test_the_database_refuses_to(decided, what):
    with pytest.raises(DatabaseError, match="A decision stands"), transaction.atomic():
        CHANGES[what]()


@pytest.mark.postgresql
@is_postgresql
@pytest.mark.parametrize("what", REMOVALS)
def test_the_database_refuses_to_also(decided, what):
    with pytest.raises(DatabaseError, match=r"only added to|A decision stands"), transaction.atomic():
        _sql(REMOVALS[what])


def test_without_the_triggers_the_same_goes_through(decided):
    """The control."""
    protection.remove(connection)

    for change in CHANGES.values():
        change()
    _sql("DELETE FROM approvals_decision")

    assert not Decision.objects.exists()


def test_the_demo_is_removed_with_its_decisions(decided, administrator):
    Project.objects.update(is_demo=True)

    lifecycle.remove_demo(Project.objects.get(), by=administrator)

    assert not Decision.objects.exists()
    assert Event.objects.filter(name="approvals.decision_made").count() == 1
