"""Start releases, order their deployment, and see to their end."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals import proposals
from apps.approvals.models import Proposal
from apps.audit import events
from apps.audit.models import Event
from apps.core.actors import Actor, Rule, System, person_behind
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import NOTHING, Said
from apps.core.saying import later as _
from apps.deployments import policy
from apps.deployments.models import Release
from apps.pipelines import runs
from apps.pipelines.models import FINAL, PipelineRun, State
from apps.projects import access, loop
from apps.projects.models import Arrow, Mode
from apps.projects.roles import Right
from apps.registry.models import ModelVersion

RULE = "release"
Approval = ModelVersion.ApprovalStatus


@transaction.atomic
def start(version: ModelVersion, *, by: User | Rule) -> Release:
    """
    Start the release of a version. Raises NotAllowed, and WrongState where one is under way
    already or the version cannot be released.
    """
    version = _locked(version)
    person = person_behind(by)
    if not isinstance(person, User):
        raise NotAllowed(_("A person, or a rule of a person, starts a release."))
    policy.require(policy.why_not_deploy(version.project, person))
    if why_not := why_not_start(version):
        raise WrongState(why_not)
    run = runs.start("release", version, project=version.project, by=by, chain=version.chain)
    release = Release.objects.create(
        version=version,
        pipeline_run=run,
        started_by=person,
        rule=by.name if isinstance(by, Rule) else "",
    )
    _record("deployments.release_started", release, by=by)
    return release


def why_not_start(version: ModelVersion) -> Said | None:
    """Why no release of this version can be started now, whoever asks."""
    if version.status != ModelVersion.Status.COMPLETED:
        return _("%(version)s was discarded.", version=version)
    if unfinished(version) is not None:
        return _("A release of %(version)s is under way.", version=version)
    if version.approval_status == Approval.APPROVED:
        return _("%(version)s is approved: deploy it from its last release.", version=version)
    return None


def unfinished(version: ModelVersion) -> Release | None:
    return version.releases.exclude(pipeline_run__state__in=FINAL).first()


@transaction.atomic
def order(release: Release, *, by: User) -> Release:
    """Say "deploy now" to a release that waits for it. Raises NotAllowed, WrongState."""
    release = locked(release)
    policy.require(policy.why_not_order(release, by))
    if why_not := why_not_order_now(release):
        raise WrongState(why_not)
    release.ordered_by, release.ordered_at = by, timezone.now()
    release.save(update_fields=["ordered_by", "ordered_at"])
    _record("deployments.release_ordered", release, by=by)
    runs.wake(order_key(release))
    return release


def why_not_order_now(release: Release) -> Said | None:
    if release.ordered_by_id:
        return _("Its deployment was ordered already.")
    if release.pipeline_run.state in FINAL:
        return _("This release is over.")
    if release.proposal is None or release.proposal.status != Proposal.Status.APPROVED:
        return _("This release is not approved yet.")
    return None


def order_key(release: Release) -> str:
    return f"release:{release.pk}"


@transaction.atomic
def on_version_registered(event: Event) -> None:
    """Start the release where the project lets that happen by itself; once, however often the event comes."""
    version = ModelVersion.objects.select_related("model__project").filter(pk=event.object_id).first()
    if version is None or loop.mode(version.project, Arrow.RELEASE) != Mode.AUTOMATIC:
        return
    version = _locked(version)
    person = loop.chosen_by(version.project, Arrow.RELEASE)
    if not access.can(person, Right.DEPLOY, version.project):
        person = next(iter(access.people_with(Right.DEPLOY, version.project)), person)
    if version.releases.exists() or policy.why_not_deploy(version.project, person) or why_not_start(version):
        return
    start(version, by=Rule(RULE, person))


def on_ended(run: PipelineRun) -> None:
    """However it ended: an open proposal goes with it, and the end is told."""
    release = Release.objects.select_related("proposal", "version__model__project").get(pipeline_run=run)
    reason = run.failure or _("The release was cancelled.")
    if release.proposal is not None and release.proposal.status == Proposal.Status.OPEN:
        proposals.withdraw(release.proposal, by=System("release"), reason=reason)
    _record("deployments.release_ended", release, by=System("release"), state=run.state, failure=run.failure)


def why_not_retry(run: PipelineRun) -> Said | None:
    """A failed release goes on only where its proposal was not answered with no, and no newer one exists."""
    if run.kind != "release":
        return None
    release = Release.objects.select_related("version", "proposal").filter(pipeline_run=run).first()
    if release is None:
        return None
    if release.version.releases.filter(pk__gt=release.pk).exists():
        return _("A newer release of %(version)s was started.", version=release.version)
    if release.proposal is not None and release.proposal.status != Proposal.Status.APPROVED:
        return _(
            "Its proposal is %(state)s; start a new release.",
            state=Proposal.Status(release.proposal.status).label,
        )
    return None


def locked(release: Release) -> Release:
    return (
        Release.objects.select_for_update(of=("self",))
        .select_related("version__model__project", "proposal", "pipeline_run", "started_by", "ordered_by")
        .get(pk=release.pk)
    )


def is_waiting_for_order(release: Release) -> bool:
    """Whether a person's "deploy now" is what it waits for."""
    return any(
        step.name == "deploy" and step.state == State.WAITING and step.wake_key == order_key(release)
        for step in release.pipeline_run.steps.all()
    )


def _locked(version: ModelVersion) -> ModelVersion:
    return (
        ModelVersion.objects.select_for_update(of=("self",))
        .select_related("model__project")
        .get(pk=version.pk)
    )


def _record(name: str, release: Release, *, by: Actor, failure: Said = NOTHING, **facts: Any) -> None:
    events.record(
        name,
        release,
        by=by,
        chain=release.version.chain,
        release=release.pk,
        version=release.version_id,
        run=release.pipeline_run_id,
        detail={"failure": failure} if failure else None,
        **facts,
    )
