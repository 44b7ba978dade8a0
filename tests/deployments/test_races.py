"""
Many people at once: clicks on approve, deploy orders, and messages that come three times.

From several processes, in a copy of the database with the triggers of a real installation. Each
race has its control, the same without lock and constraint: were that to hold, the race would
prove nothing.
"""

import re
from functools import partial

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.approvals import proposals
from apps.approvals.models import Decision, Proposal
from apps.audit import checkpoints, sealing
from apps.audit.models import Event
from apps.deployments import going_live, places
from apps.deployments.models import Deployment, Endpoint, Release
from apps.pipelines import publishing, waking
from apps.pipelines.executing import execute
from apps.pipelines.models import State, Step
from apps.projects.roles import Role
from apps.registry.models import ModelVersion, RegisteredModel
from tests.at_once import answers, rounds
from tests.factories import member
from tests.scoring.servers import free_port

CLICKS, APPROVERS, ORDERS = 200, 5, 20
REASON = "Held against the champion, and the groups look fair."

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.usefixtures("as_installed"),
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]
is_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")


@pytest.fixture
def sessions(project):
    """The cookies of people who may sign."""
    clients = [Client() for _ in range(APPROVERS)]
    for client in clients:
        client.force_login(member(project, Role.APPROVER))
    return [client.cookies[portal_settings.SESSION_COOKIE_NAME].value for client in clients]


@pytest.fixture
def asked(at_approval, settings):
    """A release of a model that two must sign, which waits for them."""
    settings.SCORING_FIRST_PORT = free_port()

    def make():
        seal()
        release = at_approval()
        RegisteredModel.objects.filter(pk=release.version.model_id).update(tier="medium")
        deliver_three_times()
        return Release.objects.select_related("proposal", "version").get(pk=release.pk)

    return make


def seal():
    """As the relay does: decisions wait for a log that is not sealed and signed."""
    while sealing.seal_pending():
        pass
    checkpoints.sign_when_due()


@pytest.fixture(autouse=True)
def apart(monkeypatch, settings, tmp_path):
    """No broker: `deliver_three_times` takes what is published. And checkpoints of this test's own."""
    monkeypatch.setattr(publishing.app, "send_task", lambda *_, **__: None)
    settings.VAR_DIR = tmp_path


def deliver_three_times():
    """As the relay publishes them: each message goes to three workers at once."""
    waking.answer_calls()
    while publishing.publish_steps():
        queued = Step.objects.filter(state=State.QUEUED).values_list("pk", flat=True)
        messages = [partial(execute, pk) for pk in queued for _ in range(3)]
        assert answers(messages, processes=3, threads=1) == {"None": len(messages)}
        waking.answer_calls()


def clicks(proposal, sessions):
    """What 200 clicks on approve are answered, each person's many times."""
    address = reverse("approvals:approve", args=[proposal.pk])
    form = {"reason": REASON, "seen": proposal.digest}

    def click(session):
        browser = Client(raise_request_exception=False)
        browser.cookies[portal_settings.SESSION_COOKIE_NAME] = session
        return browser.post(address, form, headers={"HX-Request": "true"}).status_code

    return answers([partial(click, sessions[number % APPROVERS]) for number in range(CLICKS)])


def violations(release):
    """What there is other than two decisions of two people and one approval."""
    signed = Decision.objects.filter(proposal=release.proposal).values_list("person", flat=True)
    approved = Event.objects.filter(name="registry.version_approved", object_id=release.version_id)
    found = {"decisions": len(signed), "people": len(set(signed)), "approvals": approved.count()}
    return {} if found == {"decisions": 2, "people": 2, "approvals": 1} else found


def test_200_clicks_at_once_sign_twice_approve_once_and_order_one_deployment(asked, sessions):
    for _ in rounds(3 if connection.vendor == "postgresql" else 1):
        release = asked()

        told = clicks(release.proposal, sessions)
        deliver_three_times()

        assert told == {"302": 2, "409": CLICKS - 2}
        assert violations(release) == {}
        version = ModelVersion.objects.get(pk=release.version_id)
        assert version.approved_digest == release.proposal.digest
        assert Deployment.objects.filter(release=release).count() == 1
        going_live.fail(Deployment.objects.get(release=release), reason="The next round needs the endpoint.")


@pytest.mark.postgresql
@is_postgresql
def test_without_lock_and_constraint_the_same_clicks_break_the_rule(asked, sessions, monkeypatch):
    """The control."""
    _execute("ALTER TABLE approvals_decision DROP CONSTRAINT one_decision_per_person")
    _execute("ALTER TABLE approvals_proposalperson DROP CONSTRAINT contributor_or_decider_never_both")
    monkeypatch.setattr(proposals, "locked", lambda proposal: Proposal.objects.get(pk=proposal.pk))

    def broken():
        release = asked()
        clicks(release.proposal, sessions)
        return violations(release)

    assert any(broken() for _ in range(3))


@pytest.fixture
def candidates(released, endpoint, engineer):
    """Two approved releases, and the endpoint where the first one is live."""
    found = [released(0), released(1)]
    place = endpoint(found[0].version.model)
    going_live.finish(going_live.begin(found[0], place, by=engineer, chain=found[0].version.chain))
    return found, place


def orders(candidates, engineer):
    """What 20 orders at once are answered, for both releases in turn."""
    releases, place = candidates

    def order(release):
        return going_live.begin(release, place, by=engineer, chain=release.version.chain).state

    return answers([partial(order, releases[number % 2]) for number in range(ORDERS)], threads=3)


@pytest.mark.postgresql
@is_postgresql
def test_of_20_orders_at_once_one_is_taken_and_its_package_loaded_once(candidates, engineer, kept):
    """In turn the release that is not live; the keeper's real server says what it loaded."""
    many = rounds(4)
    for _ in many:
        seal()
        assert orders(candidates, engineer)["deploying"] == 1
        kept(lambda: not Deployment.objects.filter(state__in=["deploying", "draining"]).exists())
        assert Deployment.objects.live().count() == 1

    loaded = re.findall("loaded version", places.log(candidates[1].name).read_text())
    assert len(loaded) == 1 + len(many)
    assert Deployment.objects.count() == 1 + len(many)


@pytest.mark.postgresql
@is_postgresql
def test_one_of_many_who_bring_it_to_life_at_once_does(candidates, engineer):
    orders(candidates, engineer)
    deployment = Deployment.objects.get(state="deploying")

    told = answers([lambda: going_live.finish(deployment).state] * 16)

    assert told["live"] == 1
    assert Deployment.objects.live().get() == deployment


@pytest.mark.postgresql
@is_postgresql
def test_without_the_lock_and_the_constraint_more_than_one_order_is_taken(candidates, engineer, monkeypatch):
    """The control."""
    _execute("DROP INDEX one_deployment_under_way_per_endpoint")
    monkeypatch.setattr(going_live, "_locked_endpoint", lambda pk: Endpoint.objects.get(pk=pk))

    assert any(orders(candidates, engineer)["deploying"] > 1 for _ in range(3))


def _execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
