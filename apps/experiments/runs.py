"""Start a training; stop it, go on with it and tell of its end."""

import uuid
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.audit import events
from apps.core.actors import Person, Rule
from apps.core.errors import WrongState
from apps.core.saying import later as _
from apps.datasets.models import DatasetVersion
from apps.experiments.models import Experiment, TrainingRun
from apps.experiments.training import TrainingSettings
from apps.pipelines import runs as pipeline_runs
from apps.pipelines.models import FINAL, PipelineRun
from apps.projects import access
from apps.projects.roles import Right

KIND = "training"


@transaction.atomic
def start(
    experiment: Experiment,
    *,
    dataset_version: DatasetVersion,
    by: User | Rule,
    cause: TrainingRun.Cause,
    cause_id: str = "",
    chain: uuid.UUID | None = None,
    settings: TrainingSettings | None = None,
) -> TrainingRun:
    """
    Train on the version, with the experiment's settings or others.

    What a trigger asks for a second time is answered with the run that is there. A person may
    repeat a training when it is over. Raises NotAllowed, WrongState.
    """
    experiment = (
        Experiment.objects.select_for_update(of=("self",)).select_related("project").get(pk=experiment.pk)
    )
    person = _person(by)
    access.require(person, Right.TRAIN, experiment.project)
    _refuse_unfit(experiment, dataset_version)
    wanted = settings or TrainingSettings.from_json(experiment.settings)
    if existing := _already(experiment, dataset_version, wanted, cause):
        return existing
    return _begin(experiment, dataset_version, wanted, by, person, (cause, cause_id), chain)


@transaction.atomic
def cancel(run: TrainingRun, *, by: User) -> TrainingRun:
    """Stop a training; its whole process tree is gone within seconds. Raises NotAllowed, WrongState."""
    access.require(by, Right.TRAIN, run.project)
    pipeline_runs.cancel(run.pipeline_run, by=by)
    return run


@transaction.atomic
def retry(run: TrainingRun, *, by: User) -> TrainingRun:
    """Go on with a failed training from the step that failed. Raises NotAllowed, WrongState."""
    access.require(by, Right.TRAIN, run.project)
    pipeline_runs.retry(run.pipeline_run, by=by)
    return run


def _person(by: User | Rule) -> User:
    person: Person = by.person if isinstance(by, Rule) else by
    if not isinstance(person, User):
        raise TypeError("A training is started by a person, or by a rule for one.")
    return person


def _refuse_unfit(experiment: Experiment, version: DatasetVersion) -> None:
    if version.dataset_id != experiment.dataset_id:
        raise WrongState(_("This version is of another dataset than the experiment's."))
    status = DatasetVersion.objects.select_for_update().get(pk=version.pk).status
    if status != DatasetVersion.Status.PUBLISHED:
        label = DatasetVersion.Status(status).label
        raise WrongState(
            _("Only a published version can be trained on; this one is %(status)s.", status=label)
        )


def _already(
    experiment: Experiment, version: DatasetVersion, settings: TrainingSettings, cause: TrainingRun.Cause
) -> TrainingRun | None:
    same = experiment.runs.filter(dataset_version=version, settings_digest=settings.settings_digest)
    if cause != TrainingRun.Cause.BUTTON:
        return same.exclude(cause=TrainingRun.Cause.BUTTON).first()
    if running := same.exclude(pipeline_run__state__in=FINAL).first():
        raise WrongState(
            _(
                "Run %(number)s is training this already; you can repeat it when it is over.",
                number=running.number,
            )
        )
    return None


def _begin(
    experiment: Experiment,
    version: DatasetVersion,
    settings: TrainingSettings,
    by: User | Rule,
    person: User,
    cause: tuple[TrainingRun.Cause, str],
    chain: uuid.UUID | None,
) -> TrainingRun:
    pipeline_run = pipeline_runs.start(
        KIND, experiment, project=experiment.project, by=by, chain=chain or uuid.uuid4()
    )
    newest = experiment.runs.order_by("-number").first()
    run = TrainingRun.objects.create(
        experiment=experiment,
        number=newest.number + 1 if newest else 1,
        dataset_version=version,
        pipeline_run=pipeline_run,
        cause=cause[0],
        cause_id=cause[1],
        started_by=person,
        settings=settings.as_json(),
        settings_digest=settings.settings_digest,
        seed=settings.seed,
    )
    _point(pipeline_run, run)
    events.record("experiments.run_started", run, by=by, chain=pipeline_run.chain, **facts(run))
    return run


def _point(pipeline_run: PipelineRun, run: TrainingRun) -> None:
    """The pipeline run is about the training, which had no number yet when it began."""
    pipeline_run.subject_type = run._meta.label_lower
    pipeline_run.subject_id, pipeline_run.subject_label = str(run.pk), str(run)[:200]
    pipeline_run.save(update_fields=["subject_type", "subject_id", "subject_label"])


def facts(run: TrainingRun) -> dict[str, Any]:
    """What is sealed of a training."""
    return {
        "training_run": run.pk,
        "experiment": run.experiment_id,
        "dataset_version": run.dataset_version_id,
        "settings_digest": run.settings_digest,
        "seed": run.seed,
        "cause": run.cause,
        "cause_id": run.cause_id,
    }
