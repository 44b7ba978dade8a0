"""
What happens in the demo without anybody doing it: as real actions by the demo's people.

Each scene looks whether it is its turn and does one thing, so that the story goes on after a
restart. It ends where a person must decide: pressing approve on the second proposal lets the
rest play.
"""

import logging
from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _

from apps.approvals import decisions
from apps.approvals.models import Proposal
from apps.core.errors import DomainError
from apps.deployments.models import Deployment
from apps.home import demo, demo_traffic
from apps.monitoring import tuning
from apps.monitoring.models import Monitor
from apps.projects.models import Project
from apps.projects.roles import Role
from apps.registry import resolving
from apps.registry.models import Validation

WINDOW_SECONDS = 15
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
            lateness_seconds=5,
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
    """A second season that brings no better model is still registered, so that there is a proposal to look at."""
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
    approve_the_first,
    look_every_15_seconds,
    bring_the_second_season,
    register_what_is_no_better,
    demo_traffic.send,
)
