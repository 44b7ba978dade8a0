"""
What happens in the demo without anybody doing it: as real actions by the demo's people.

Each scene looks whether it is its turn and does one thing, so that the story goes on after a
restart. It ends where a person must decide: pressing approve on the second proposal lets the
rest play.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.approvals import decisions
from apps.approvals.models import Proposal
from apps.core.errors import DomainError
from apps.datasets.models import DatasetVersion
from apps.deployments.models import Deployment
from apps.experiments import designs, runs
from apps.experiments.models import TrainingRun
from apps.experiments.training import TrainingSettings
from apps.home import demo, demo_data, demo_traffic
from apps.monitoring import tuning
from apps.monitoring.models import Monitor
from apps.projects.models import Project
from apps.projects.roles import Role
from apps.registry import resolving
from apps.registry.models import Validation

WINDOW_SECONDS = 15
A_MOMENT = timedelta(seconds=4)
MODEL = "default-risk"
SETTINGS = {
    "target": demo_data.TARGET,
    "positive_class": "yes",
    "favourable_class": "no",
    "protected": [{"name": "age", "edges": [25, 60]}, {"name": "sex"}, {"name": "nationality_group"}],
    "algorithms": ["linear", "lightgbm"],
    "trials_per_algorithm": 2,
    "folds": 3,
    "time_budget_seconds": 15,
    "row_key": ["application_id"],
}
log = logging.getLogger(__name__)


def play() -> None:
    """Every scene once. A rule that says no is no fault of the story: it comes again in two seconds."""
    project = demo.project() if settings.DEMO else None
    if project is None:
        return
    for scene in SCENES:
        try:
            scene(project)
        except DomainError as refusal:
            log.info("The demo's %s waits: %s", scene.__name__, refusal)


def set_up_the_experiment(project: Project) -> None:
    """An experiment is designed on data that is there."""
    version = DatasetVersion.objects.published().filter(dataset__project=project).first()
    if version is None or project.experiments.exists():
        return
    scientist = demo.person(project, Role.DATA_SCIENTIST)
    design = designs.Design(
        name=_("default within twelve months"),
        model_name=MODEL,
        settings=TrainingSettings.from_json(SETTINGS),
        description=_("Fewer defaults at the same acceptance rate, without treating groups differently."),
    )
    designs.create(version.dataset, design, by=scientist)


def train_for_the_first_time(project: Project) -> None:
    """By hand, unless the publication of the data came late enough to set it off."""
    experiment = project.experiments.first()
    if experiment is None or experiment.runs.exists() or timezone.now() - experiment.created_at < A_MOMENT:
        return
    version = DatasetVersion.objects.published().filter(dataset=experiment.dataset).first()
    if version is not None:
        scientist = demo.person(project, Role.DATA_SCIENTIST)
        runs.start(experiment, dataset_version=version, by=scientist, cause=TrainingRun.Cause.BUTTON)


def approve_the_first(project: Project) -> None:
    """The demo begins with a live champion, so somebody has to have approved it."""
    if Deployment.objects.filter(endpoint__model__project=project).exists():
        return
    for proposal in Proposal.objects.open().filter(version__model__project=project):
        approver = demo.person(project, Role.APPROVER)
        decisions.approve(
            proposal,
            by=approver,
            reason=_(
                "Part of setting the demo up: its first champion is approved by script, not by a person."
            ),
            seen_digest=proposal.digest,
        )


def look_every_15_seconds(project: Project) -> None:
    """Nobody wants to wait an hour for a demo's windows."""
    for monitor in Monitor.objects.filter(endpoint__model__project=project).exclude(
        window_seconds=WINDOW_SECONDS
    ):
        wanted = tuning.Tuning(
            window_seconds=WINDOW_SECONDS,
            lateness_seconds=8,
            needed=2,
            among=3,
            is_enabled=True,
            thresholds={"minimum_rows": 100},
        )
        tuning.change(monitor, wanted, by=demo.person(project, Role.ML_OPS_ENGINEER))


def bring_the_second_season(project: Project) -> None:
    """New data for the second proposal, once the first champion is live."""
    dataset = project.datasets.first()
    live = Deployment.objects.filter(endpoint__model__project=project, state=Deployment.State.LIVE).exists()
    if dataset is not None and live and dataset.uploads.count() == 1:
        demo.upload_season(dataset, 1)


def register_what_is_no_better(project: Project) -> None:
    """A second season that brings no better model is still registered, so that there is a proposal."""
    waiting = Validation.objects.filter(
        training_run__experiment__project=project, resolution=Validation.Resolution.OPEN
    ).exclude(verdict=Validation.Verdict.PROMOTE)
    for validation in waiting:
        resolving.register_anyway(
            validation,
            by=demo.person(project, Role.DATA_SCIENTIST),
            reason=_("The demo goes on with it: it was trained on newer data, and is no worse."),
        )


SCENES: tuple[Callable[[Project], None], ...] = (
    set_up_the_experiment,
    train_for_the_first_time,
    approve_the_first,
    look_every_15_seconds,
    bring_the_second_season,
    register_what_is_no_better,
    demo_traffic.send,
)
