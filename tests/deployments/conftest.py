import time
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from django.utils import timezone
from sklearn.linear_model import LogisticRegression

from apps.approvals import decisions, proposals
from apps.core import storage
from apps.deployments import conversion, endpoints, going_live, releases
from apps.deployments.keeper import Keeper
from apps.deployments.models import Deployment, Release
from apps.experiments.models import TrainingRun
from apps.pipelines import publishing, waking
from apps.pipelines.executing import execute
from apps.pipelines.models import State, Step
from apps.projects.roles import Role
from apps.registry.models import ModelVersion
from tests.factories import CHECK, PROFILE, PipelineRunFactory, ProjectFactory, member, registered
from tests.scoring import artifacts
from tests.scoring.servers import free_port


@pytest.fixture(scope="session")
def fitted(tmp_path_factory):
    """Two trained models as training leaves them, and their packages: fitted and converted once."""

    def make(name, estimator):
        folder = tmp_path_factory.mktemp(name)
        artifacts.write(folder / "artifact", estimator, "binary")
        report = conversion.package(folder / "artifact", folder / "package")
        return SimpleNamespace(folder=folder, report=report, digest=report.digest)

    return [make("first", LogisticRegression()), make("second", LogisticRegression(C=0.01))]


@pytest.fixture
def project(db):
    return ProjectFactory()


@pytest.fixture
def engineer(project):
    return member(project, Role.ML_OPS_ENGINEER, name="Olga Operations")


@pytest.fixture
def author(project):
    return member(project, Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER, name="Ada Author")


@pytest.fixture
def approver(project):
    return member(project, Role.APPROVER, name="Alan Approver")


@pytest.fixture
def version(project, author, fitted):
    """A registered version whose artifact is a real model; the next call is the next version of the model."""
    made = []

    def register(which=0):
        found = _registered(project, author, fitted[which], made[0].model if made else None)
        made.append(found)
        return found

    return register


def _registered(project, author, trained, model):
    found = registered(project, by=author)
    digest = storage.put_folder(trained.folder / "artifact")
    TrainingRun.objects.filter(pk=found.training_run_id).update(artifact_digest=digest)
    changes = {"artifact_digest": digest, "signature": artifacts.signature("binary").as_json()}
    if model is not None:
        changes |= {"model": model, "number": model.versions.count() + 1}
    ModelVersion.objects.filter(pk=found.pk).update(**changes)
    return ModelVersion.objects.get(pk=found.pk)


@pytest.fixture
def released(version, author, approver, fitted):
    """A release whose proposal is approved, without the minutes of its steps."""

    def make(which=0, *, approved=True):
        found = version(which)
        run = PipelineRunFactory(kind="release", project=found.project, started_by=author)
        package = described(fitted[which])
        release = Release.objects.create(
            version=found,
            pipeline_run=run,
            started_by=author,
            package_digest=package["digest"],
            package=package,
            check_report=CHECK,
            profile=PROFILE,
        )
        proposal = proposals.open_for(
            found,
            release_run=run,
            package=package,
            check=CHECK,
            profile=PROFILE,
            endpoint_class=endpoints.kind_for(found.model),
            by=author,
            chain=run.chain,
        )
        release.proposal = proposal
        release.save()
        if approved:
            decisions.approve(
                proposal, by=approver, reason="It is better than before.", seen_digest=proposal.digest
            )
        return Release.objects.select_related("version__model", "proposal").get(pk=release.pk)

    return make


def described(model):
    """The package as the release's first step keeps it."""
    report = asdict(model.report)
    folder = storage.put_folder(model.folder / "package")
    return report | {"folder": folder, "size": sum(report["files"].values())}


@pytest.fixture
def at_approval(version, author, fitted):
    """A started release whose package, check and profile are done, so that its proposal comes next."""

    def make():
        release = releases.start(version(), by=author)
        package = described(fitted[0])
        Release.objects.filter(pk=release.pk).update(
            package_digest=package["digest"], package=package, check_report=CHECK, profile=PROFILE
        )
        steps = release.pipeline_run.steps
        steps.filter(name__in=["package", "check", "profile"]).update(
            state=State.SUCCEEDED, finished_at=timezone.now(), due_at=None
        )
        steps.filter(name="approval").update(due_at=timezone.now())
        return Release.objects.get(pk=release.pk)

    return make


@pytest.fixture
def endpoint(settings, engineer):
    """The endpoint of a model, at a port that is free on this machine."""

    def make(model):
        settings.SCORING_FIRST_PORT = free_port()
        return endpoints.ensure_endpoint(model, by=engineer)

    return make


@pytest.fixture
def keeper(transactional_db):
    found = Keeper()
    yield found
    found.close()


@pytest.fixture
def kept(keeper):
    """Let the keeper look until it is so."""

    def look_until(condition, seconds=25):
        until = time.monotonic() + seconds
        while not (so := condition()):
            for round_ in keeper.look():
                round_.result(60)
            if time.monotonic() > until:
                raise AssertionError(_what_is(keeper))
            time.sleep(0.05)
        return so

    return look_until


def _what_is(keeper):
    rows = [(row.pk, row.state, row.failure) for row in Deployment.objects.all()]
    logs = [kept.server.endpoint for kept in keeper._kept.values()]
    return f"It did not come to be: {rows} {logs}"


@pytest.fixture
def live(released, endpoint, engineer, kept):
    """A live deployment with its real server."""

    def make(which=0):
        release = released(which)
        place = endpoint(release.version.model)
        deployment = going_live.begin(release, place, by=engineer, chain=release.version.chain)
        kept(lambda: Deployment.objects.filter(pk=deployment.pk, state="live").exists())
        return Deployment.objects.with_everything_for_a_row().get(pk=deployment.pk)

    return make


@pytest.fixture
def work(monkeypatch):
    """Relay and worker in one: publish what is due and execute it, until nothing is."""
    sent = []
    monkeypatch.setattr(
        publishing.app, "send_task", lambda task, arguments, **_: sent.append((task, arguments))
    )
    monkeypatch.setattr(publishing, "is_empty", lambda queue: False, raising=False)

    def until_idle():
        waking.answer_calls()
        publishing.publish_steps()
        while sent:
            task, arguments = sent.pop(0)
            if task == "pipelines.run_step":
                execute(arguments[0])
            waking.answer_calls()
            publishing.publish_steps()

    return until_idle


def make_due(run):
    """The time that a step of the run waits for is over."""
    Step.objects.filter(run=run, state=State.WAITING).update(
        state=State.PENDING, due_at=timezone.now(), waiting_for="", wake_key="", wait_until=None
    )
