"""Start a retraining after an incident, and note how it went."""

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import events
from apps.automation import guards, policy
from apps.automation.models import Retraining
from apps.core.actors import Rule, label
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import Said
from apps.core.saying import later as _
from apps.monitoring.models import GroundTruth, Incident
from apps.pipelines import runs
from apps.pipelines.models import PipelineRun
from apps.projects import access
from apps.projects.roles import Right

NOBODY_TRAINS = _(
    "Neither who asked for the retraining nor who edited the experiment last may train models here now."
)
UNLABELLED = _(
    "No labels have come for this endpoint, so there is nothing newer to learn from. "
    "Send ground truth first, or change the experiment."
)
RULE = "retrain"

Outcome = Retraining.Outcome
STARTED = (Outcome.COLLECTING, Outcome.STARTED)


@transaction.atomic
def start(incident: Incident, *, by: User | Rule) -> Retraining:
    """
    Gather newer data and train on them. Raises NotAllowed, WrongState with the reason.

    The new version takes the same way as every other: validation, release, approval.
    """
    incident = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("monitor__endpoint__model__project", "deployment__version__training_run__experiment")
        .get(pk=incident.pk)
    )
    if reason := policy.why_not_retrain(incident, person(by)):
        raise NotAllowed(reason)
    if not incident.is_open:
        raise WrongState(_("This incident is resolved; a retraining needs an open one."))
    model = incident.monitor.endpoint.model
    if reason := guards.why_not_now(model):
        raise WrongState(reason)
    if not GroundTruth.objects.filter(endpoint=incident.monitor.endpoint).exists():
        raise WrongState(UNLABELLED)
    asked = _noted(incident, Outcome.COLLECTING, _reason(by), by)
    asked.pipeline_run = runs.start(
        "retraining",
        asked,
        project=incident.project,
        by=by,
        chain=incident.chain,
        arguments={"retraining": asked.pk},
    )
    asked.save(update_fields=["pipeline_run"])
    return asked


@transaction.atomic
def put_off(incident: Incident, outcome: Outcome, reason: Said, *, by: Rule) -> Retraining:
    """Note that the rule asks a person, or keeps still, and why."""
    asked = _noted(incident, outcome, reason, by)
    events.record(
        f"automation.retraining_{outcome}",
        asked,
        by=by,
        chain=incident.chain,
        incident=incident.pk,
        cause=incident.cause,
        detail={"reason": reason},
    )
    return asked


def ended(run: PipelineRun) -> None:
    """However the pipeline ends: what did not get as far as a training has failed, and says why."""
    Retraining.objects.filter(pipeline_run=run, outcome=Outcome.COLLECTING).update(
        outcome=Outcome.FAILED, reason=run.failure or _("It was cancelled.")
    )


def trainer(asked: Retraining) -> User | Rule | None:
    """
    In whose name it is trained: who asked for it where they train models, else who answers for the
    experiment. Incidents and their rules belong to ML ops engineers, who do not train themselves.
    """
    experiment = asked.incident.deployment.version.training_run.experiment
    asking = asked.decided_by
    if asking and access.can(asking, Right.TRAIN, experiment.project):
        return asking
    if access.can(experiment.edited_by, Right.TRAIN, experiment.project):
        return Rule(RULE, experiment.edited_by)
    return None


def person(by: User | Rule) -> User:
    found = by.person if isinstance(by, Rule) else by
    if not isinstance(found, User):
        raise TypeError("A retraining is asked for by a person, or by a rule for one.")
    return found


def _reason(by: User | Rule) -> Said:
    if isinstance(by, Rule):
        return _("The cause calls for retraining, and the project lets it start by itself.")
    return _("A person asked for it.")


def _noted(incident: Incident, outcome: Outcome, reason: Said, by: User | Rule) -> Retraining:
    """One row an incident: a person's later wish replaces what the rule made of it."""
    asked, _is_new = Retraining.objects.update_or_create(
        incident=incident,
        defaults={
            "model": incident.monitor.endpoint.model,
            "outcome": outcome,
            "reason": reason,
            "decided_by": person(by),
            "actor": label(by),
            "decided_at": timezone.now(),
            "training_run": None,
            "dataset_version": None,
            "collected": {},
        },
    )
    return asked
