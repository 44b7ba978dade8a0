"""200 clicks at once: one decision a person, never more than needed, exactly one approval."""

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.approvals import decisions, proposals
from apps.approvals.models import Decision, Proposal
from apps.audit import sealing
from apps.audit.models import Event
from apps.core.errors import NotAllowed, WrongState
from apps.projects.roles import Role
from apps.registry.models import ModelVersion
from tests.approvals.conftest import REASON
from tests.factories import member, proposed, registered

CLICKS, CONNECTIONS, APPROVERS = 200, 8, 5
ROUNDS = int(os.environ.get("RACE_ROUNDS", "5"))

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services, pytest.mark.timeout(900)]


def storm(click, people):
    """Every person clicks many times at once; what came of each click."""
    outcomes: Counter[str] = Counter()
    lock, start = threading.Lock(), threading.Barrier(CONNECTIONS)

    def one_connection(turn):
        start.wait()
        try:
            for number in range(CLICKS // CONNECTIONS):
                outcome = result(click, people[(turn + number) % len(people)])
                with lock:
                    outcomes[outcome] += 1
        finally:
            connection.close()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for future in [pool.submit(one_connection, turn) for turn in range(CONNECTIONS)]:
            future.result()
    return outcomes


def result(click, person):
    try:
        click(person)
    except (WrongState, NotAllowed) as refusal:
        return type(refusal).__name__
    return "signed"


def rounds(count, project, author):
    people = [member(project, Role.APPROVER) for _ in range(APPROVERS)]
    for _ in range(count):
        while sealing.seal_pending():
            pass
        yield proposed(registered(project, by=author, tier="medium"), by=author), people


def violations(proposal):
    found = []
    signed = list(Decision.objects.filter(proposal=proposal).values_list("person", flat=True))
    if len(signed) != 2 or len(set(signed)) != 2:
        found.append(f"{len(signed)} decisions of {len(set(signed))} people instead of 2 of 2")
    version = Event.objects.filter(name="registry.version_approved", object_id=proposal.version_id)
    if version.count() != 1:
        found.append(f"{version.count()} approvals")
    return found


def test_concurrent_clicks_never_sign_more_than_once_or_more_than_needed(project, author):
    is_postgresql = connection.vendor == "postgresql"
    for proposal, people in rounds(ROUNDS if is_postgresql else 2, project, author):

        def click(person, proposal=proposal):
            decisions.approve(proposal, by=person, reason=REASON, seen_digest=proposal.digest)

        outcomes = storm(click, people)

        assert outcomes["signed"] == 2
        assert sum(outcomes.values()) == CLICKS
        assert violations(proposal) == []
        approved = ModelVersion.objects.get(pk=proposal.version_id)
        assert approved.approved_digest == proposal.digest


@pytest.mark.postgresql
def test_the_same_clicks_without_lock_and_constraint_break_the_rule(project, author, monkeypatch):
    """The control: were this to pass, the test above would prove nothing."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer; only PostgreSQL shows the race.")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE approvals_decision DROP CONSTRAINT one_decision_per_person")
        cursor.execute(
            "ALTER TABLE approvals_proposalperson DROP CONSTRAINT contributor_or_decider_never_both"
        )
    try:
        monkeypatch.setattr(proposals, "locked", lambda proposal: Proposal.objects.get(pk=proposal.pk))
        broken = 0
        for proposal, people in rounds(3, project, author):

            def click(person, proposal=proposal):
                decisions.approve(proposal, by=person, reason=REASON, seen_digest=proposal.digest)

            storm(click, people)
            broken += bool(violations(proposal))
        assert broken > 0
    finally:
        Decision.objects.all().delete()
        Proposal.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE approvals_decision ADD CONSTRAINT one_decision_per_person "
                "UNIQUE (proposal_id, person_id)"
            )
            cursor.execute(
                "ALTER TABLE approvals_proposalperson ADD CONSTRAINT contributor_or_decider_never_both "
                "UNIQUE (proposal_id, person_id)"
            )
