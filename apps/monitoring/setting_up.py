"""A monitor for what went live: by itself, or when a person asks for it."""

import uuid

from django.db import transaction

from apps.accounts.models import User
from apps.audit import events
from apps.audit.models import Event
from apps.core.actors import Actor, Rule, System
from apps.core.errors import NotAllowed, WrongState
from apps.core.saying import later as _
from apps.deployments.models import Deployment, Endpoint
from apps.monitoring.models import Baseline, Monitor, MonitorQuerySet
from apps.pipelines import runs
from apps.pipelines.models import PipelineRun
from apps.projects import access, loop
from apps.projects.models import Arrow, Mode, Project
from apps.projects.roles import Right
from apps.registry.models import ModelVersion


def on_deployment_live(event: Event) -> None:
    """Set up by itself where the project wants it so; otherwise notices.py asks a person."""
    deployment = _deployment(event.object_id)
    if deployment is None or loop.mode(deployment.project, Arrow.MONITOR) != Mode.AUTOMATIC:
        return
    set_up(deployment, by=actor(deployment.project))


def actor(project: Project) -> Actor:
    """Who sets up by itself: the rule of whoever switched it on, else the portal's default."""
    if project.arrow_settings.filter(arrow=Arrow.MONITOR).exists():
        return Rule("monitor", loop.chosen_by(project, Arrow.MONITOR))
    return System("monitoring")


def start(endpoint: Endpoint, *, by: User) -> Monitor:
    """The button. Raises NotAllowed, WrongState when nothing is live or all is there."""
    access.require(by, Right.MONITOR, endpoint.project)
    deployment = endpoint.deployments.filter(state=Deployment.State.LIVE).first()
    if deployment is None:
        raise WrongState(_("Nothing is live at this endpoint, so there is nothing to monitor."))
    if Monitor.objects.filter(endpoint=endpoint).exists() and _has_baseline(deployment.version):
        raise WrongState(_("This endpoint is monitored already."))
    return set_up(deployment, by=by)


@transaction.atomic
def set_up(deployment: Deployment, *, by: Actor) -> Monitor:
    """The endpoint's monitor, and the baseline of the version that went live. Safe to repeat."""
    if isinstance(by, Rule) and not access.can(by.person, Right.MONITOR, deployment.project):  # type: ignore[arg-type]
        raise NotAllowed(_("Who let monitors be set up may not do that any more."))
    endpoint = Endpoint.objects.select_for_update().get(pk=deployment.endpoint_id)
    monitor, is_new = Monitor.objects.get_or_create(
        endpoint=endpoint, defaults={"owner": first_owner(deployment), "checked_until": deployment.live_from}
    )
    if is_new:
        events.record(
            "monitoring.monitor_created",
            monitor,
            by=by,
            chain=deployment.chain,
            endpoint=endpoint.pk,
            owner=monitor.owner_id,
            window_seconds=monitor.window_seconds,
        )
    _want_baseline(deployment.version, by=by, chain=deployment.chain)
    return monitor


def first_owner(deployment: Deployment) -> User:
    """Who deployed it, while they run monitors in this project; else the model's owner."""
    if access.can(deployment.deployed_by, Right.MONITOR, deployment.project):
        return deployment.deployed_by
    return deployment.version.model.owner


def unmonitored(user: User) -> list[Deployment]:
    """What serves without a monitor or a baseline, for home and health."""
    live = Deployment.objects.filter(
        state=Deployment.State.LIVE, endpoint__in=Endpoint.objects.visible_to(user)
    ).select_related("endpoint__model__project", "version__model__project")
    without_monitor = live.exclude(endpoint__monitor__isnull=False)
    return list((without_monitor | live.exclude(version__baseline__isnull=False)).distinct())


def baseline_run(version: ModelVersion) -> PipelineRun | None:
    """The newest run that makes, or made, or could not make the version's baseline."""
    return runs.of(version).filter(kind="baseline").first()


def monitors_for_lists(user: User) -> MonitorQuerySet:
    return Monitor.objects.visible_to(user).select_related("endpoint__model__project", "owner")


def _want_baseline(version: ModelVersion, *, by: Actor, chain: uuid.UUID) -> None:
    if _has_baseline(version) or runs.of(version).filter(kind="baseline").unfinished().exists():
        return
    runs.start(
        "baseline", version, project=version.project, by=by, chain=chain, arguments={"version": version.pk}
    )


def _has_baseline(version: ModelVersion) -> bool:
    return Baseline.objects.filter(version=version).exists()


def _deployment(pk: str) -> Deployment | None:
    return (
        Deployment.objects.select_related("endpoint__model__project", "version__model__owner", "deployed_by")
        .filter(pk=pk, state=Deployment.State.LIVE)
        .first()
    )
