"""
What sets a training off without a button: newly published data.

Where somebody chose that training runs by itself, it does so for that person. Where nobody did
and the default stands, it acts for whoever last shaped the experiment, since the project's
creator is an administrator without a role in it. Either must still hold the right each time;
otherwise the data scientists are told and a person decides.
"""

from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Event
from apps.core.actors import Rule
from apps.core.errors import DomainError
from apps.core.said import Said, of_error
from apps.core.saying import later as _
from apps.datasets.models import DatasetVersion
from apps.experiments import runs
from apps.experiments.models import Experiment, TrainingRun
from apps.notifications import sending
from apps.projects import access, loop
from apps.projects.models import Arrow, Mode, Project
from apps.projects.roles import Right

RULE = "train"


def on_published(event: Event) -> None:
    """Train, or ask, for every experiment that learns from the dataset. Safe to repeat."""
    version = (
        DatasetVersion.objects.published()
        .select_related("dataset__project")
        .filter(pk=event.object_id)
        .first()
    )
    if version is None:
        return  # Withdrawn or quarantined since.
    mode = loop.mode(version.project, Arrow.TRAIN)
    if mode == Mode.MANUAL or version.project.archived_at:
        return
    waiting = version.dataset.experiments.filter(train_on_publish=True).select_related("project", "edited_by")
    for experiment in waiting:
        _follow(experiment, version, event, mode)


def _follow(experiment: Experiment, version: DatasetVersion, event: Event, mode: Mode) -> None:
    if mode == Mode.SUPERVISED:
        _ask(event, experiment, version, _("Training waits for a person in this project."))
        return
    try:
        runs.start(
            experiment,
            dataset_version=version,
            by=Rule(RULE, answerable(experiment)),
            cause=TrainingRun.Cause.DATA,
            cause_id=str(version.pk),
            chain=event.chain,
        )
    except DomainError as reason:
        _ask(event, experiment, version, of_error(reason))


def answerable(experiment: Experiment) -> User:
    """For whom the rule acts."""
    project: Project = experiment.project
    chosen = project.arrow_settings.filter(arrow=Arrow.TRAIN).exists()
    return loop.chosen_by(project, Arrow.TRAIN) if chosen else experiment.edited_by


def _ask(event: Event, experiment: Experiment, version: DatasetVersion, why: Said) -> None:
    sending.notify(
        event,
        access.people_with(Right.TRAIN, experiment.project),
        kind=f"experiments.training_asked.{experiment.pk}",
        subject=_("New data for %(experiment)s: train on it?", experiment=experiment),
        body=_(
            "%(version)s was published. %(why)s Start the training on the experiment's page.",
            version=version,
            why=why,
        ),
        path=reverse("experiments:experiment_detail", args=[experiment.pk]),
    )
