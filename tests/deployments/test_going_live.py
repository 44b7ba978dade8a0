import json

import pytest
from django.db import IntegrityError, transaction

from apps.core import storage
from apps.core.errors import DomainError, NotAllowed, WrongState
from apps.datasets.models import DatasetVersion
from apps.deployments import going_live, keys
from apps.deployments.models import Deployment, Endpoint
from apps.experiments.models import TrainingRun
from apps.registry.models import ModelVersion, RegisteredModel, Validation
from scoring import tickets

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


@pytest.fixture
def ready(released, endpoint, engineer):
    """An approved release and the endpoint it is for."""
    release = released()
    return release, endpoint(release.version.model), engineer


def begin(ready):
    release, place, by = ready
    return going_live.begin(release, place, by=by, chain=release.version.chain)


def test_what_goes_live_holds_a_ticket_for_its_package_and_no_other(ready):
    deployment = going_live.finish(begin(ready))

    ticket = tickets.check(
        keys.signing_key().public_key(),
        deployment.ticket,
        endpoint=deployment.endpoint.name,
        digest=deployment.package_digest,
        now=0,
    )
    assert ticket.proposal == str(deployment.proposal_id)
    assert ModelVersion.objects.get(pk=deployment.version_id).stage == "production"


def test_an_order_needs_an_approved_release(released, endpoint, engineer):
    release = released(approved=False)
    with pytest.raises(WrongState, match="not approved"):
        begin((release, endpoint(release.version.model), engineer))


def test_only_who_may_deploy_orders(ready, approver):
    with pytest.raises(NotAllowed):
        begin((*ready[:2], approver))


def test_what_is_live_is_not_ordered_again(ready):
    going_live.finish(begin(ready))
    with pytest.raises(WrongState, match="already"):
        begin(ready)


def test_the_database_holds_one_live_deployment_an_endpoint(ready):
    deployment = going_live.finish(begin(ready))
    with pytest.raises(IntegrityError), transaction.atomic():
        Deployment.objects.create(
            endpoint=deployment.endpoint,
            version=deployment.version,
            release=deployment.release,
            proposal=deployment.proposal,
            package_digest="f" * 64,
            state="live",
            ticket="x",
            live_from=deployment.live_from,
            deployed_by=deployment.deployed_by,
            chain=deployment.chain,
        )


def _change_dataset(release):
    run = release.version.training_run
    DatasetVersion.objects.filter(pk=run.dataset_version_id).update(data_digest="0" * 64)


def _change_run(**changes):
    def change(release):
        TrainingRun.objects.filter(pk=release.version.training_run_id).update(**changes)

    return change


def _change_settings(name, value):
    def change(release):
        run = release.version.training_run
        TrainingRun.objects.filter(pk=run.pk).update(settings={**run.settings, name: value})

    return change


def _swap_artifact_file(name):
    """The version points at an artifact in which one file is another."""

    def change(release):
        manifest = json.loads(storage.read_bytes(release.version.artifact_digest))
        manifest["files"][name] = {"sha256": storage.put_bytes(b"something else"), "size": 14}
        digest = storage.put_document(manifest)
        ModelVersion.objects.filter(pk=release.version_id).update(artifact_digest=digest)

    return change


def _alter_package(release):
    """A single byte of a stored package file."""
    entry = storage.manifest(release.package["folder"])["samples.json"]["sha256"]
    path = storage.local_path(entry)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b" ")
    return lambda: path.write_bytes(content)


def _change_validation(release):
    Validation.objects.filter(training_run=release.version.training_run).update(report_digest="1" * 64)


def _change_rules(release):
    type(release.project).objects.filter(pk=release.project.pk).update(is_finance_grade=True)


def _change_tier(release):
    RegisteredModel.objects.filter(pk=release.version.model_id).update(tier="high")


def _change_kind(release):
    Endpoint.objects.filter(model=release.version.model_id).update(kind="container")


CHANGES = {
    "dataset": _change_dataset,
    "recipe": _change_settings("recipe", {"drop_duplicates": False}),
    "evaluation rows": _swap_artifact_file("evaluation.parquet"),
    "code": _change_run(code_commit="d" * 40),
    "parameters": _change_settings("tuned", "by hand"),
    "environment": _change_run(environment_digest="2" * 64),
    "artifact": _swap_artifact_file("model.skops"),
    "package": _alter_package,
    "validation": _change_validation,
    "rules": _change_rules,
    "tier": _change_tier,
    "endpoint class": _change_kind,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_any_bound_input_after_the_approval_stops_the_order(ready, name):
    undo = CHANGES[name](ready[0])
    try:
        with pytest.raises(DomainError, match="not what was approved"):
            begin(ready)
    finally:
        if undo:
            undo()
    assert not Deployment.objects.exists()


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_any_bound_input_after_the_order_stops_the_going_live(ready, name):
    deployment = begin(ready)
    undo = CHANGES[name](ready[0])
    try:
        with pytest.raises(DomainError, match="not what was approved"):
            going_live.finish(deployment)
    finally:
        if undo:
            undo()
    assert not Deployment.objects.live().exists()
    assert not ModelVersion.objects.in_production().exists()


def test_an_approval_that_ran_out_stops_it(ready):
    deployment = begin(ready)
    version = ready[0].version
    ModelVersion.objects.filter(pk=version.pk).update(approved_until=version.registered_at)
    with pytest.raises(WrongState, match="expired"):
        going_live.finish(deployment)


def test_a_failed_deployment_leaves_the_former_version_live(ready, released, engineer):
    former = going_live.finish(begin(ready))
    later = begin((released(1), former.endpoint, engineer))

    going_live.fail(later, reason="It does not load.")

    former.refresh_from_db()
    assert former.state == "live"
    with pytest.raises(WrongState):
        going_live.finish(later)
