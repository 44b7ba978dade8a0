"""After a training: hold the model against the champion, then register it or ask a person."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit import events
from apps.audit.models import Event
from apps.core.actors import System
from apps.experiments.models import TrainingRun
from apps.pipelines import runs
from apps.pipelines.definitions import PipelineDefinition, StepDefinition
from apps.pipelines.models import PipelineRun, State
from apps.projects.roles import Right

VALIDATION = PipelineDefinition(
    "validation",
    _("Validation"),
    (
        StepDefinition(
            "compare", "apps.registry.validating.compare", _("Compare with the champion"), queue="long"
        ),
        StepDefinition("conclude", "apps.registry.validating.conclude", _("Register, or ask")),
    ),
    right=Right.TRAIN,
)


@transaction.atomic
def on_run_finished(event: Event) -> None:
    """A training that succeeded is validated once, however often the event comes."""
    facts = events.facts_of(event)
    if facts.get("state") != State.SUCCEEDED:
        return
    run = (
        TrainingRun.objects.select_for_update(of=("self",))
        .select_related("experiment__project")
        .filter(pk=facts["training_run"])
        .first()
    )
    if run is None or _is_validated(run):
        return
    runs.start("validation", run, project=run.project, by=System("validation"), chain=event.chain)


def _is_validated(run: TrainingRun) -> bool:
    return PipelineRun.objects.filter(
        kind="validation", subject_type=run._meta.label_lower, subject_id=str(run.pk)
    ).exists()
