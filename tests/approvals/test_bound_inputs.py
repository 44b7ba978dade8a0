"""Each of the twelve bound inputs, changed after the proposal or the approval, makes it void."""

import pytest
from django.apps import apps

from apps.approvals import decisions, expiry, manifest, proposals
from apps.audit.models import Event
from apps.core import declared, storage
from apps.core.errors import WrongState
from apps.datasets.models import DatasetVersion
from apps.experiments.models import TrainingRun
from apps.registry import gates, promotion
from apps.registry.models import ModelVersion, RegisteredModel, Validation
from tests.approvals.conftest import REASON
from tests.factories import stored_artifact

pytestmark = [pytest.mark.django_db, pytest.mark.services]

RELEASE = {"package": "9" * 64, "endpoint_class": "process"}


def released(proposal):
    """What deployments would tell of the release."""
    return manifest.Release(**RELEASE)


@pytest.fixture(autouse=True)
def told_by_deployments(monkeypatch):
    monkeypatch.setattr(
        apps.get_app_config("deployments"),
        "bound_inputs",
        {"approvals.proposal": "tests.approvals.test_bound_inputs.released"},
        raising=False,
    )
    declared._all.cache_clear()
    yield
    RELEASE.update(package="9" * 64, endpoint_class="process")
    declared._all.cache_clear()


def of_run(**changes):
    def change(proposal, monkeypatch):
        TrainingRun.objects.filter(pk=proposal.version.training_run_id).update(**changes)

    return change


def settings(**changes):
    def change(proposal, monkeypatch):
        run = TrainingRun.objects.get(pk=proposal.version.training_run_id)
        run.settings = run.settings | changes
        run.save()

    return change


def dataset(proposal, monkeypatch):
    data = proposal.version.training_run.dataset_version
    DatasetVersion.objects.filter(pk=data.pk).update(data_digest="b" * 64)


def artifact_with(**files):
    def change(proposal, monkeypatch):
        files_before = storage.manifest(proposal.version.artifact_digest)
        same = {
            name.replace(".", "_"): storage.read_bytes(entry["sha256"])
            for name, entry in files_before.items()
        }
        ModelVersion.objects.filter(pk=proposal.version_id).update(
            artifact_digest=stored_artifact(**(same | files))
        )

    return change


def one_byte_of_the_stored_model(proposal, monkeypatch):
    entry = storage.manifest(proposal.version.artifact_digest)["model.skops"]
    path = storage.local_path(entry["sha256"])
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))


def validation(proposal, monkeypatch):
    found = Validation.objects.get(training_run=proposal.version.training_run_id)
    found.report["candidate"]["value"] = 0.99
    found.save()


def thresholds(proposal, monkeypatch):
    monkeypatch.setattr(gates, "USUAL", gates.USUAL | {"margin": 0.5})


def tier(proposal, monkeypatch):
    RegisteredModel.objects.filter(pk=proposal.version.model_id).update(tier="medium")


def release(**changes):
    return lambda proposal, monkeypatch: RELEASE.update(changes)


CHANGES = {
    "dataset": dataset,
    "recipe": settings(recipe={"drop_duplicates": False}),
    "evaluation_rows": artifact_with(evaluation_parquet=b"other rows"),
    "code": of_run(code_commit="d" * 40),
    "parameters": of_run(seed=2),
    "environment": of_run(environment_digest="f" * 64),
    "artifact": one_byte_of_the_stored_model,
    "package": release(package="8" * 64),
    "validation": validation,
    "rules": thresholds,
    "tier": tier,
    "endpoint_class": release(endpoint_class="kubernetes"),
}


def test_the_twelve_inputs_are_the_twelve_changed_here():
    assert list(CHANGES) == list(manifest.NAMES)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_before_the_decision_makes_the_proposal_stale(name, propose, approver, monkeypatch):
    proposal = propose()
    CHANGES[name](proposal, monkeypatch)

    with pytest.raises(WrongState, match=str(manifest.NAMES[name])):
        decisions.approve(proposal, by=approver, reason=REASON, seen_digest=proposal.digest)

    proposal.refresh_from_db()
    assert proposal.status == "stale"
    assert str(manifest.NAMES[name]) in str(proposal.status_reason)
    assert not proposal.decisions.exists()
    assert Event.objects.filter(name="approvals.decision_refused").count() == 1


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_after_the_approval_stops_the_deployment(name, propose, approver, approve, monkeypatch):
    proposal = propose()
    approve(proposal, approver)
    CHANGES[name](proposal, monkeypatch)

    with pytest.raises(WrongState):
        promotion.promote(
            proposal.version, digest=proposals.current_digest(proposal), by=approver, chain=proposal.chain
        )

    assert ModelVersion.objects.get(pk=proposal.version_id).stage == "staging"


def test_nothing_changed_goes_live(propose, approver, approve):
    proposal = propose()
    approve(proposal, approver)
    digest = proposals.current_digest(proposal)
    promotion.promote(proposal.version, digest=digest, by=approver, chain=proposal.chain)
    assert ModelVersion.objects.get(pk=proposal.version_id).stage == "production"


def test_a_stale_proposal_is_ended_even_if_nobody_looks(propose, monkeypatch):
    proposal = propose()
    tier(proposal, monkeypatch)
    assert expiry.end_stale() == 1
    assert expiry.end_stale() == 0
