from datetime import timedelta

import pytest

from apps.approvals import decisions
from apps.audit.models import Event
from apps.core.actors import Rule
from apps.core.errors import NotAllowed, WrongState
from apps.deployments import releases, verifying
from apps.deployments.models import Deployment, Release
from apps.pipelines import runs
from apps.pipelines.models import State
from apps.projects import loop
from apps.projects.models import Arrow, Mode
from tests.deployments.conftest import make_due
from tests.scoring.servers import free_port

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


def state_of(run, step):
    return run.steps.get(name=step).state


def test_a_registered_version_answers_clients_by_approval_alone(
    version, author, approver, work, kept, settings, monkeypatch
):
    settings.SCORING_FIRST_PORT = free_port()
    monkeypatch.setattr(verifying, "WATCHED_FOR", timedelta(0))
    release = releases.start(version(), by=author)
    run = release.pipeline_run

    work()
    run.refresh_from_db()
    assert run.state == State.WAITING, run.failure
    assert "approver" in str(run.steps.get(name="approval").waiting_for)
    release.refresh_from_db()
    assert release.package["runtime"] == "onnx"
    assert release.check_report["passed"]
    assert len(release.check_report["checks"]) >= 6
    assert release.profile["p95_ms"] > 0

    decisions.approve(
        release.proposal, by=approver, reason="It is better than before", seen_digest=release.proposal.digest
    )
    work()
    kept(lambda: Deployment.objects.filter(release=release, state="live").exists())
    work()

    run.refresh_from_db()
    if run.state == State.WAITING:
        make_due(run)
        work()
        run.refresh_from_db()
    assert run.state == State.SUCCEEDED, run.failure
    release.refresh_from_db()
    assert release.verify_report["rows"] == 20
    names = set(Event.objects.filter(chain=release.version.chain).values_list("name", flat=True))
    assert {
        "deployments.release_started",
        "deployments.deployment_live",
        "deployments.release_ended",
    } <= names


def test_a_rejected_proposal_ends_the_release_with_its_reason(at_approval, author, approver, work):
    release = at_approval()
    work()
    release.refresh_from_db()

    decisions.reject(
        release.proposal, by=approver, reason="Too few rows, sadly.", seen_digest=release.proposal.digest
    )
    work()

    run = release.pipeline_run
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "rejected" in str(run.failure)
    assert "Too few rows, sadly." in str(run.failure)
    with pytest.raises(WrongState, match="start a new release"):
        runs.retry(run, by=author)
    assert releases.start(release.version, by=author).pk != release.pk


def test_a_cancelled_release_takes_its_proposal_along(at_approval, author, work):
    release = at_approval()
    work()

    runs.cancel(release.pipeline_run, by=author)

    release.refresh_from_db()
    assert release.proposal.status == "withdrawn"


def test_one_release_of_a_version_is_under_way_at_a_time(version, author):
    found = version()
    releases.start(found, by=author)
    with pytest.raises(WrongState, match="under way"):
        releases.start(found, by=author)
    assert Release.objects.count() == 1


def test_only_who_may_deploy_starts_a_release(version, approver):
    with pytest.raises(NotAllowed):
        releases.start(version(), by=approver)


def test_a_registered_version_is_released_by_the_rule_of_who_set_it(version, engineer, project):
    loop.choose(project, Arrow.RELEASE, Mode.AUTOMATIC, by=engineer)
    found = version()
    event = Event.objects.filter(name="registry.version_registered", object_id=str(found.pk)).get()

    releases.on_version_registered(event)
    releases.on_version_registered(event)

    release = Release.objects.get()
    assert release.actor == Rule(releases.RULE, engineer)


@pytest.mark.parametrize("mode", [Mode.SUPERVISED, Mode.MANUAL])
def test_what_is_not_automatic_waits_for_a_person(version, engineer, project, mode):
    loop.choose(project, Arrow.RELEASE, mode, by=engineer)
    found = version()
    event = Event.objects.filter(name="registry.version_registered", object_id=str(found.pk)).get()

    releases.on_version_registered(event)

    assert not Release.objects.exists()


def test_where_deployment_is_manual_somebody_says_deploy(
    at_approval, approver, engineer, project, work, settings
):
    settings.SCORING_FIRST_PORT = free_port()
    loop.choose(project, Arrow.DEPLOY, Mode.MANUAL, by=engineer)
    release = at_approval()
    work()
    release.refresh_from_db()
    with pytest.raises(WrongState, match="not approved"):
        releases.order(release, by=engineer)
    decisions.approve(
        release.proposal, by=approver, reason="It is better than before", seen_digest=release.proposal.digest
    )
    work()
    release = Release.objects.get(pk=release.pk)
    assert releases.is_waiting_for_order(release)

    releases.order(release, by=engineer)
    with pytest.raises(WrongState, match="already"):
        releases.order(release, by=engineer)
    work()

    assert Deployment.objects.get(release=release).deployed_by == engineer
