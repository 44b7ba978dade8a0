"""The steps of the validation pipeline. Workers alone import this."""

import uuid
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.audit import events
from apps.core import storage
from apps.core.actors import Rule
from apps.core.said import Said, joined, of_error, said
from apps.core.saying import later as _
from apps.experiments.models import TrainingRun
from apps.pipelines import children
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, StepFailed
from apps.projects import access, loop
from apps.projects.models import Arrow, Mode, Project
from apps.projects.roles import Right
from apps.registry import gates, registration
from apps.registry.models import ModelVersion, Validation

RULE = "register"


def compare(context: StepContext) -> Done:
    """Both models on the candidate's held-out rows, in a child; the report is stored by its digest."""
    run = _training_run(context)
    champion = champion_of(run)
    try:
        report = children.run(
            context,
            "apps.registry.comparison_child",
            _job(context, run, champion),
            memory_bytes=settings.TRAINING_MEMORY_BYTES,
        )
    except children.Refused as refusal:
        report = not_comparable(of_error(refusal))
    report["settings"] = gates.thresholds(run.project)
    context.log(str(report["sentence"]))
    return Done({"report": storage.put_document(report), "champion": champion.pk if champion else None})


def conclude(context: StepContext) -> Done:
    """Write the verdict down; register where that is better and the project lets it happen by itself."""
    compared = context.outcome_of("compare")
    run = _training_run(context)
    report = storage.read_document(compared["report"])

    def commit() -> None:
        validation = Validation.objects.create(
            training_run=run,
            pipeline_run=context.run,
            champion_id=compared["champion"],
            verdict=report["verdict"],
            sentence=report["sentence"],
            report=report,
            report_digest=compared["report"],
        )
        rule = rule_that_registers(validation)
        # The verdict first: what follows from it comes after it in the log.
        _tell(context, validation, asks=rule is None)
        if rule:
            _register(validation, by=rule)

    return Done({"verdict": report["verdict"]}, commit=commit)


def _register(validation: Validation, *, by: Rule) -> None:
    validation.resolution = Validation.Resolution.REGISTERED
    validation.resolved_at = timezone.now()
    validation.save(update_fields=["resolution", "resolved_at"])
    registration.register(validation.training_run, by=by, reason=validation.sentence, validation=validation)


def champion_of(run: TrainingRun) -> ModelVersion | None:
    """What serves now under the name that the experiment feeds."""
    return (
        ModelVersion.objects.in_production()
        .select_related("training_run__dataset_version__dataset")
        .filter(model__project=run.project, model__name=run.experiment.model_name)
        .first()
    )


def rule_that_registers(validation: Validation) -> Rule | None:
    """The rule that may register this by itself; None where a person is to be asked."""
    project: Project = validation.project
    if validation.verdict != Validation.Verdict.PROMOTE or project.archived_at:
        return None
    if loop.mode(project, Arrow.REGISTER) != Mode.AUTOMATIC:
        return None
    person = loop.chosen_by(project, Arrow.REGISTER)
    if not access.can(person, Right.TRAIN, project):
        person = validation.training_run.started_by
    return Rule(RULE, person) if access.can(person, Right.TRAIN, project) else None


def not_comparable(why: Said) -> dict[str, Any]:
    """The report of two models that cannot be held against each other: a person has to look."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("metric", "candidate", "champion", "naive", "gain", "difference")
    )
    return nothing | {
        "greater_is_better": True,
        "n": 0,
        "overlap": 0,
        "unmatched": 0,
        "verdict": "inconclusive",
        "sentence": joined(said("registry.inconclusive"), why),
        "reasons": [{"code": "not_comparable", "sentence": why}],
        "differences": [],
    }


def _training_run(context: StepContext) -> TrainingRun:
    return TrainingRun.objects.select_related(
        "experiment__project", "dataset_version__dataset", "pipeline_run", "started_by"
    ).get(pk=context.run.subject_id)


def _job(context: StepContext, run: TrainingRun, champion: ModelVersion | None) -> dict[str, Any]:
    folder = context.work_folder
    if not run.artifact_digest:
        raise StepFailed(_("The training left no artifact."))
    candidate = storage.local_folder(run.artifact_digest, folder / "candidate")
    other = storage.local_folder(champion.artifact_digest, folder / "champion") if champion else None
    return {
        "parquet": str(storage.local_path(run.dataset_version.data_digest)),
        "candidate": str(candidate),
        "champion": str(other) if other else None,
        "settings": gates.thresholds(run.project),
        "facts": {
            "candidate": _facts(run),
            "champion": _facts(champion.training_run) if champion else {},
        },
    }


def _facts(run: TrainingRun) -> dict[str, Any]:
    return {
        "data_version": str(run.dataset_version),
        "data_digest": run.dataset_version.data_digest,
        "code_commit": run.code_commit,
        "seed": run.seed,
    }


def _tell(context: StepContext, validation: Validation, *, asks: bool) -> None:
    chain: uuid.UUID = context.run.chain
    events.record(
        "registry.validation_finished",
        validation,
        by=context.actor,
        chain=chain,
        verdict=validation.verdict,
        validation=validation.pk,
        training_run=validation.training_run_id,
        report=validation.report_digest,
        asks=asks,
    )
