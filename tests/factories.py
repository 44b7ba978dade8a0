"""Objects for tests. Only what matters is named at the call; the rest is made up."""

import uuid
from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.accounts.models import User
from apps.projects.models import Membership, Project
from apps.projects.roles import Role


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
    name = factory.Sequence(lambda n: f"model-{n}")
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
