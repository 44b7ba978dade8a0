"""The steps of a release that wait for people: approval and deployment. Workers alone import this."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.approvals import proposals
from apps.approvals.models import Proposal
from apps.core.errors import WrongState
from apps.core.said import Said, joined, said
from apps.core.saying import later as _
from apps.deployments import endpoints, going_live, releases
from apps.deployments.models import Deployment, Release
from apps.deployments.releasing import release_of
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, StepFailed, Wait
from apps.projects import access, loop
from apps.projects.models import Arrow, Mode
from apps.projects.roles import Right

DEPLOY_WITHIN = timedelta(minutes=5)
State = Deployment.State


def approval(context: StepContext) -> Done | Wait:
    """Open the proposal, wait for the decision, and end the release with any other answer than yes."""
    release = release_of(context)
    proposal = release.proposal or _propose(context, release)
    if proposal.status == Proposal.Status.APPROVED:
        return Done({"proposal": proposal.pk})
    if proposal.status != Proposal.Status.OPEN:
        raise StepFailed(_ended(proposal))
    return Wait(f"proposal:{proposal.pk}", _for_whom(proposal), until=proposal.expires_at)


def deploy(context: StepContext) -> Done | Wait:
    """Order the deployment, as soon as somebody or the project's rule says so, and wait for its end."""
    release = release_of(context)
    if release.awaited is not None:
        return _follow(context, release, release.awaited)
    person = _who_deploys(release)
    if person is None:
        return Wait(releases.order_key(release), _("an ML ops engineer, who says “deploy”"))
    endpoint = endpoints.ensure_endpoint(release.version.model, by=person)
    with context.fenced():
        deployment = going_live.begin(release, endpoint, by=person, chain=context.run.chain)
        Release.objects.filter(pk=release.pk).update(awaited=deployment)
    return _wait_for(deployment)


def _propose(context: StepContext, release: Release) -> Proposal:
    """The proposal and the release's knowing of it, both or neither."""
    with context.fenced():
        proposal = proposals.open_for(
            release.version,
            release_run=context.run,
            package={**release.package, "digest": release.package_digest},
            check=release.check_report,
            profile=release.profile,
            endpoint_class=endpoints.kind_for(release.version.model),
            by=release.actor,
            chain=context.run.chain,
        )
        Release.objects.filter(pk=release.pk).update(proposal=proposal)
    return proposal


def _for_whom(proposal: Proposal) -> Said:
    return said("deployments.for_approvers", n=proposal.signoffs_needed)


def _ended(proposal: Proposal) -> Said:
    sentence = _("The proposal ended: %(state)s.", state=Proposal.Status(proposal.status).label)
    return joined(sentence, proposal.status_reason)


def _who_deploys(release: Release) -> User | None:
    """Who answers for the deployment; None while a person has to say so first."""
    if release.ordered_by is not None:
        return release.ordered_by
    project = release.project
    if loop.mode(project, Arrow.DEPLOY) != Mode.AUTOMATIC:
        return None
    for person in (loop.chosen_by(project, Arrow.DEPLOY), release.started_by):
        if access.can(person, Right.DEPLOY, project):
            return person
    return None


def _follow(context: StepContext, release: Release, deployment: Deployment) -> Done | Wait:
    if deployment.state == State.DEPLOYING:
        if timezone.now() < deployment.created_at + DEPLOY_WITHIN:
            return _wait_for(deployment)
        _give_up(deployment)
        deployment.refresh_from_db()
    if deployment.state == State.FAILED:
        # Trying again orders anew instead of reading the old end again.
        with context.fenced():
            Release.objects.filter(pk=release.pk).update(awaited=None)
        raise StepFailed(deployment.failure)
    return Done({"deployment": deployment.pk})


def _give_up(deployment: Deployment) -> None:
    try:
        going_live.fail(deployment, reason=_("No keeper loaded it within five minutes: is it running?"))
    except WrongState:
        return  # it ended just now by itself


def _wait_for(deployment: Deployment) -> Wait:
    return Wait(
        going_live.wake_key(deployment),
        _("the scoring server to load it"),
        until=deployment.created_at + DEPLOY_WITHIN,
    )
