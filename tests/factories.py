"""Objects for tests. Only what matters is named at the call; the rest is made up."""

import json
import secrets
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.accounts.models import User
from apps.approvals import proposals
from apps.approvals.models import Proposal
from apps.core import canonical, storage
from apps.core.actors import Actor, person_behind
from apps.core.said import plain, said
from apps.experiments.models import TrainingRun
from apps.projects.models import Membership, Project
from apps.projects.roles import Role
from apps.registry import registration
from apps.registry.models import ModelVersion, RegisteredModel
from tests.registry.reports import comparison_report, training_report


class UserFactory(DjangoModelFactory):
    class Meta:
        model = "accounts.User"
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.django.Password("a long enough password")

    class Params:
        administrator = factory.Trait(global_role="administrator")
        auditor = factory.Trait(global_role="auditor")


class ProjectFactory(DjangoModelFactory):
    class Meta:
        model = "projects.Project"

    name = factory.Sequence(lambda n: f"Project {n}")
    slug = factory.Sequence(lambda n: f"project-{n}")
    created_by = factory.SubFactory(UserFactory, administrator=True)


def member(project: Project, *roles: Role, **fields: Any) -> User:
    """A person with these roles in the project."""
    user = UserFactory(**fields)
    for role in roles:
        Membership.objects.create(project=project, person=user, role=role, granted_by=project.created_by)
    return user


class PipelineRunFactory(DjangoModelFactory):
    class Meta:
        model = "pipelines.PipelineRun"

    kind = "training"
    project = factory.SubFactory(ProjectFactory)
    subject_type = "experiments.experiment"
    subject_id = "1"
    subject_label = "something"
    chain = factory.LazyFunction(uuid.uuid4)
    actor = "portal:test"


class DatasetFactory(DjangoModelFactory):
    class Meta:
        model = "datasets.Dataset"

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"dataset {n}")
    created_by = factory.SubFactory(UserFactory)


class DatasetVersionFactory(DjangoModelFactory):
    class Meta:
        model = "datasets.DatasetVersion"

    dataset = factory.SubFactory(DatasetFactory)
    number = factory.Sequence(lambda n: n + 1)
    data_digest = factory.Sequence(lambda n: f"{n:064x}")
    profile_digest = "0" * 64
    rows = 1000
    schema = factory.LazyFunction(lambda: {"columns": []})
    author = factory.SubFactory(UserFactory)
    chain = factory.LazyFunction(uuid.uuid4)

    class Params:
        published = factory.Trait(status="published", published_by=factory.SubFactory(UserFactory))


class ExperimentFactory(DjangoModelFactory):
    class Meta:
        model = "experiments.Experiment"

    project = factory.SelfAttribute("dataset.project")
    dataset = factory.SubFactory(DatasetFactory)
    name = factory.Sequence(lambda n: f"experiment {n}")
    model_name = factory.Sequence(lambda n: f"model-{n}")
    settings = factory.LazyFunction(lambda: {"target": "default", "task": "binary"})
    settings_digest = "5" * 64
    created_by = factory.SubFactory(UserFactory)
    edited_by = factory.SelfAttribute("created_by")


class TrainingRunFactory(DjangoModelFactory):
    class Meta:
        model = "experiments.TrainingRun"

    experiment = factory.SubFactory(ExperimentFactory)
    number = factory.Sequence(lambda n: n + 1)
    dataset_version = factory.SubFactory(
        DatasetVersionFactory, dataset=factory.SelfAttribute("..experiment.dataset"), published=True
    )
    pipeline_run = factory.SubFactory(
        PipelineRunFactory, project=factory.SelfAttribute("..experiment.project")
    )
    cause = "button"
    started_by = factory.SubFactory(UserFactory)
    settings = factory.SelfAttribute("experiment.settings")
    settings_digest = "5" * 64
    seed = 1
    artifact_digest = factory.Sequence(lambda n: f"a{n:063x}")


class RegisteredModelFactory(DjangoModelFactory):
    class Meta:
        model = "registry.RegisteredModel"

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"registered-{n}")
    owner = factory.SubFactory(UserFactory)


class ModelVersionFactory(DjangoModelFactory):
    class Meta:
        model = "registry.ModelVersion"

    model = factory.SubFactory(RegisteredModelFactory)
    number = factory.Sequence(lambda n: n + 1)
    training_run = factory.SubFactory(
        TrainingRunFactory,
        experiment__dataset__project=factory.SelfAttribute("....model.project"),
    )
    artifact_digest = factory.SelfAttribute("training_run.artifact_digest")
    signature = factory.LazyFunction(
        lambda: {"task": "binary", "target": "default", "features": [], "classes": ["no", "yes"]}
    )
    registered_by = factory.SubFactory(UserFactory)
    chain = factory.LazyFunction(uuid.uuid4)

    class Params:
        approved = factory.Trait(approval_status="approved", approved_digest="d" * 64)
        live = factory.Trait(approval_status="approved", approved_digest="d" * 64, stage="production")


def stored_artifact(**files: Any) -> str:
    """A model's artifact as a training leaves it, in storage; returns its digest."""
    contents = {
        "model.skops": secrets.token_bytes(32),
        "signature.json": {
            "task": "binary",
            "target": "defaulted",
            "features": [
                {
                    "name": "debt",
                    "kind": "number",
                    "nullable": False,
                    "categories": [],
                    "minimum": 0.1,
                    "maximum": 19.7,
                },
                {"name": "region", "kind": "category", "nullable": True, "categories": ["east", "north"]},
            ],
            "classes": ["no", "yes"],
        },
        "report.json": plain(training_report()),
        "evaluation.parquet": b"rows",
        "environment.lock": b"scikit-learn==1.9.1\n",
    } | {name.replace("_", "."): content for name, content in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in contents.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            Path(folder, name).write_bytes(data)
        return storage.put_folder(Path(folder))


def trained(project: Project, *, by: User, **fields: Any) -> TrainingRun:
    """A finished training run with a stored artifact, on published data."""
    dataset = fields.pop("dataset", None) or DatasetFactory(project=project)
    experiment = fields.pop("experiment", None) or ExperimentFactory(dataset=dataset, created_by=by)
    now = timezone.now()
    pipeline_run = PipelineRunFactory(project=project, state="succeeded", finished_at=now, started_by=by)
    data = fields.pop("dataset_version", None) or DatasetVersionFactory(
        dataset=dataset, published=True, author=by, published_by=by
    )
    return TrainingRunFactory(
        experiment=experiment,
        dataset_version=data,
        pipeline_run=pipeline_run,
        started_by=by,
        artifact_digest=stored_artifact(),
        code_commit="c" * 40,
        environment_digest="e" * 64,
        **fields,
    )


class ValidationFactory(DjangoModelFactory):
    class Meta:
        model = "registry.Validation"

    training_run = factory.SubFactory(TrainingRunFactory)
    pipeline_run = factory.SelfAttribute("training_run.pipeline_run")
    verdict = "promote"
    report = factory.LazyAttribute(lambda made: comparison_report(made.verdict))
    report_digest = factory.LazyAttribute(lambda made: canonical.digest(made.report))
    sentence = factory.LazyAttribute(lambda made: made.report["sentence"])


def registered(project: Project, *, by: User, tier: str = "low", **fields: Any) -> ModelVersion:
    """A registered version with its validation, on the way that the loop takes."""
    run = trained(project, by=by, **fields)
    validation = ValidationFactory(training_run=run, resolution="registered")
    version = registration.register(run, by=by, validation=validation)
    RegisteredModel.objects.filter(pk=version.model_id).update(tier=tier)
    return ModelVersion.objects.get(pk=version.pk)


PACKAGE = {
    "digest": "9" * 64, "runtime": "onnx", "rows_checked": 590, "max_difference": 3e-7,
    "labels_equal": True, "fallback_reason": None,
}  # fmt: skip
CHECK = {
    "passed": True,
    "checks": [
        {
            "name": said("deployments.check_samples"),
            "passed": True,
            "sentence": said("deployments.samples_answered", rows=20),
        }
    ],
}
PROFILE = {
    "runtime": "onnx",
    "p50_ms": 0.05,
    "p95_ms": 0.09,
    "p99_ms": 0.2,
    "rss_mb": 91.0,
    "load_seconds": 0.3,
}


def proposed(
    version: ModelVersion, *, by: Actor, released_by: User | None = None, **changes: Any
) -> Proposal:
    """An open proposal for the version, as a release makes it."""
    starter = released_by or person_behind(by)
    release_run = PipelineRunFactory(kind="release", project=version.project, started_by=starter)
    facts: dict[str, Any] = {
        "package": PACKAGE, "check": CHECK, "profile": PROFILE, "endpoint_class": "process",
    }  # fmt: skip
    return proposals.open_for(
        version, release_run=release_run, by=by, chain=release_run.chain, **(facts | changes)
    )


class UploadFactory(DjangoModelFactory):
    class Meta:
        model = "datasets.Upload"

    dataset = factory.SubFactory(DatasetFactory)
    filename = "rows.csv"
    size = 1000
    original_digest = factory.Sequence(lambda n: f"b{n:063x}")
    uploaded_by = factory.SubFactory(UserFactory)

    class Params:
        refused = factory.Trait(state="refused", refusal="Line 3 has 2 fields, but the header has 3.")


class ReleaseFactory(DjangoModelFactory):
    class Meta:
        model = "deployments.Release"

    version = factory.SubFactory(ModelVersionFactory)
    pipeline_run = factory.SubFactory(
        PipelineRunFactory, kind="release", project=factory.SelfAttribute("..version.model.project")
    )
    started_by = factory.SubFactory(UserFactory)
    package_digest = factory.Sequence(lambda n: f"b{n:063x}")


class EndpointFactory(DjangoModelFactory):
    class Meta:
        model = "deployments.Endpoint"

    model = factory.SubFactory(RegisteredModelFactory)
    name = factory.Sequence(lambda n: f"endpoint-{n}")
    port = factory.Sequence(lambda n: 20_000 + n)
    created_by = factory.SubFactory(UserFactory)


class ProposalFactory(DjangoModelFactory):
    """A proposal's row alone, where nobody asks what it is bound to."""

    class Meta:
        model = "approvals.Proposal"

    version = factory.SubFactory(ModelVersionFactory)
    release_run = factory.SubFactory(
        PipelineRunFactory, kind="release", project=factory.SelfAttribute("..version.model.project")
    )
    manifest = factory.LazyFunction(lambda: {"inputs": {"package": "9" * 64, "endpoint_class": "process"}})
    digest = "d" * 64
    evidence = factory.LazyFunction(lambda: {"items": []})
    evidence_digest = "e" * 64
    tier = "low"
    signoffs_needed = 1
    proposed_by = factory.SubFactory(UserFactory)
    actor = "portal:test"
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    chain = factory.LazyFunction(uuid.uuid4)

    class Params:
        approved = factory.Trait(status="approved", closed_at=factory.LazyFunction(timezone.now))


class DeploymentFactory(DjangoModelFactory):
    class Meta:
        model = "deployments.Deployment"

    endpoint = factory.SubFactory(EndpointFactory)
    version = factory.SubFactory(ModelVersionFactory, model=factory.SelfAttribute("..endpoint.model"))
    release = factory.SubFactory(ReleaseFactory, version=factory.SelfAttribute("..version"))
    proposal = factory.SubFactory(ProposalFactory, version=factory.SelfAttribute("..version"), approved=True)
    package_digest = factory.SelfAttribute("release.package_digest")
    deployed_by = factory.SubFactory(UserFactory)
    chain = factory.LazyFunction(uuid.uuid4)

    class Params:
        live = factory.Trait(
            state="live", ticket="payload.signature", live_from=factory.LazyFunction(timezone.now)
        )
        retired = factory.Trait(
            state="retired",
            live_from=factory.LazyFunction(lambda: timezone.now() - timedelta(days=2)),
            live_to=factory.LazyFunction(lambda: timezone.now() - timedelta(days=1)),
        )
