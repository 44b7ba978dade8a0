"""Give a trained model its number. Its bytes are read from content-addressed storage alone."""

import json
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.accounts.models import User
from apps.audit import events
from apps.core import storage
from apps.core.actors import Actor, person_behind
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import Said
from apps.core.saying import later as _
from apps.experiments.models import TrainingRun
from apps.pipelines.models import State
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right
from apps.registry.models import ModelVersion, RegisteredModel, Tier, Validation


@transaction.atomic
def register(
    training_run: TrainingRun, *, by: Actor, reason: Said | str = "", validation: Validation | None = None
) -> ModelVersion:
    """
    Make the run's model the next version of the model that its experiment feeds; the first one
    makes the model. `by` may be a rule: then its person's rights count and that person registers.

    Raises NotAllowed; WrongState where the run is not finished or registered already.
    """
    person = _person(by)
    access.require(person, Right.TRAIN, training_run.project)
    model = _model(training_run, person, by)
    run = (
        TrainingRun.objects.select_for_update(of=("self",))
        .select_related("pipeline_run")
        .get(pk=training_run.pk)
    )
    _require_registrable(run)
    version = ModelVersion.objects.create(
        model=model,
        number=(model.versions.aggregate(last=Max("number"))["last"] or 0) + 1,
        training_run=run,
        artifact_digest=run.artifact_digest,
        signature=_signature(run.artifact_digest),
        registered_by=person,
        reason=reason,
        chain=run.pipeline_run.chain,
    )
    _record(version, by, validation, reason)
    return version


def starting_tier(project: Project) -> Tier:
    """Where an error costs money by law, nothing starts with one signature."""
    return Tier.MEDIUM if project.is_finance_grade else Tier.LOW


def _person(by: Actor) -> User:
    person = person_behind(by)
    if not isinstance(person, User):
        raise NotAllowed(_("A person, or a rule of a person, registers versions."))
    return User.objects.get(pk=person.pk)


def _model(run: TrainingRun, person: User, by: Actor) -> RegisteredModel:
    """The locked model; numbering waits for the lock."""
    experiment = run.experiment
    model, is_new = RegisteredModel.objects.get_or_create(
        project=experiment.project,
        name=experiment.model_name,
        defaults={
            "purpose": experiment.description,
            "tier": starting_tier(experiment.project),
            "owner": person,
        },
    )
    if is_new:
        events.record("registry.model_created", model, by=by, chain=run.pipeline_run.chain, tier=model.tier)
    return RegisteredModel.objects.select_for_update(of=("self",)).select_related("project").get(pk=model.pk)


def _require_registrable(run: TrainingRun) -> None:
    if ModelVersion.objects.filter(training_run=run).exists():
        raise WrongState(_("This run is registered already."))
    if run.pipeline_run.state != State.SUCCEEDED or not run.artifact_digest:
        raise WrongState(_("Only a run that succeeded has a model to register."))


def _signature(artifact_digest: str) -> dict[str, Any]:
    try:
        signature: dict[str, Any] = json.loads(storage.read_from_folder(artifact_digest, "signature.json"))
    except storage.NotStored as missing:
        raise WrongState(_("The run's artifact has no signature.")) from missing
    return signature


def _record(version: ModelVersion, by: Actor, validation: Validation | None, reason: Said | str) -> None:
    events.record(
        "registry.version_registered",
        version,
        by=by,
        chain=version.chain,
        model=version.model_id,
        number=version.number,
        artifact=version.artifact_digest,
        training_run=version.training_run_id,
        validation=validation.pk if validation else None,
        verdict=validation.verdict if validation else None,
        detail={"reason": reason} if reason else None,
    )
