"""
How a package comes to answer clients: ordered, loaded by the keeper without traffic, then live.

The order and the going live both hold the endpoint's lock and check anew that what would go live
is exactly what was approved. Until the one transaction in `finish`, the former version answers.
"""

import uuid

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals import proposals
from apps.approvals.models import Proposal
from apps.audit import events
from apps.core.actors import Actor, System
from apps.core.errors import WrongState
from apps.core.said import Said
from apps.core.saying import later as _
from apps.deployments import keys, policy
from apps.deployments.models import Deployment, Endpoint, Release
from apps.pipelines import runs
from apps.registry import promotion
from scoring import tickets

State = Deployment.State
KEEPER = System("keeper")


@transaction.atomic
def begin(
    release: Release,
    endpoint: Endpoint,
    *,
    by: User,
    chain: uuid.UUID,
    rolls_back: bool = False,
    reason: Said | str = "",
) -> Deployment:
    """
    Order the release's package at the endpoint; the keeper loads it and makes it live.

    Raises NotAllowed, and WrongState where it is not what was approved, where it is live already,
    or where another deployment is under way there.
    """
    endpoint = _locked_endpoint(endpoint.pk)
    policy.require(policy.why_not_deploy(endpoint.project, by))
    release = Release.objects.select_related("version__model__project", "proposal").get(pk=release.pk)
    if why_not := why_not_begin(release, endpoint):
        raise WrongState(why_not)
    deployment = Deployment.objects.create(
        endpoint=endpoint,
        version=release.version,
        release=release,
        proposal=_approved_proposal(release),
        package_digest=release.package_digest,
        deployed_by=by,
        replaces=endpoint.deployments.live().first(),
        rolls_back=rolls_back,
        reason=reason,
        chain=chain,
    )
    _record("deployments.deployment_ordered", deployment, by=by, reason=reason)
    return deployment


def why_not_begin(release: Release, endpoint: Endpoint) -> Said | None:
    """Why the release's package cannot be ordered at the endpoint now."""
    if release.version.model_id != endpoint.model_id:
        return _("This endpoint belongs to another model.")
    if endpoint.wanted != Endpoint.Wanted.RUNNING:
        return _("The endpoint is stopped; start it first.")
    under_way = endpoint.deployments.filter(state=State.DEPLOYING).first()
    if under_way is not None:
        return _("%(version)s is being deployed there just now.", version=under_way.version)
    if endpoint.deployments.live().filter(package_digest=release.package_digest).exists():
        return _("%(version)s is live there already.", version=release.version)
    if release.proposal is None or release.proposal.status != Proposal.Status.APPROVED:
        return _("%(version)s was not approved in this release.", version=release.version)
    return promotion.why_not_promote(release.version, proposals.current_digest(release.proposal))


@transaction.atomic
def finish(deployment: Deployment) -> Deployment:
    """
    The package is loaded and answered its samples: let it answer clients, in one transaction.

    The approval is checked again against everything it is bound to, the stored bytes hashed anew.
    Raises WrongState and changes nothing where it does not hold any more.
    """
    endpoint = _locked_endpoint(deployment.endpoint_id)
    deployment = locked(deployment)
    if deployment.state != State.DEPLOYING:
        raise WrongState(_("This deployment is already %(state)s.", state=State(deployment.state).label))
    if endpoint.wanted != Endpoint.Wanted.RUNNING:
        raise WrongState(_("The endpoint was stopped meanwhile."))
    version = promotion.promote(
        deployment.version,
        digest=proposals.current_digest(deployment.proposal),
        by=deployment.deployed_by,
        chain=deployment.chain,
    )
    now = timezone.now()
    former = endpoint.deployments.select_for_update(of=("self",)).live().first()
    if former is not None:
        former.state, former.live_to = State.DRAINING, now
        former.save(update_fields=["state", "live_to"])
    deployment.replaces = former
    deployment.ticket = tickets.issue(
        keys.signing_key(),
        endpoint=endpoint.name,
        digest=deployment.package_digest,
        proposal=str(deployment.proposal_id),
        not_after=version.approved_until or now,
    )
    deployment.state, deployment.loaded_at, deployment.live_from = State.LIVE, now, now
    deployment.save(update_fields=["state", "ticket", "loaded_at", "live_from", "replaces"])
    _record("deployments.deployment_live", deployment, by=deployment.deployed_by, reason=deployment.reason)
    if deployment.rolls_back:
        _record("deployments.rolled_back", deployment, by=deployment.deployed_by, reason=deployment.reason)
    runs.wake(wake_key(deployment))
    return deployment


@transaction.atomic
def fail(deployment: Deployment, *, reason: Said, by: Actor = KEEPER) -> Deployment:
    """It did not come to answer clients; what answered before goes on."""
    deployment = locked(deployment)
    if deployment.state != State.DEPLOYING:
        raise WrongState(_("This deployment is already %(state)s.", state=State(deployment.state).label))
    deployment.state, deployment.failure = State.FAILED, reason
    deployment.save(update_fields=["state", "failure"])
    _record("deployments.deployment_failed", deployment, by=by, reason=reason)
    runs.wake(wake_key(deployment))
    return deployment


@transaction.atomic
def retire(deployment: Deployment) -> Deployment:
    """Its last request is answered."""
    deployment = locked(deployment)
    if deployment.state != State.DRAINING:
        raise WrongState(_("This deployment is already %(state)s.", state=State(deployment.state).label))
    rolled_back = deployment.replaced_by.filter(rolls_back=True, live_from=deployment.live_to).exists()
    deployment.state = State.ROLLED_BACK if rolled_back else State.RETIRED
    deployment.save(update_fields=["state"])
    _record("deployments.deployment_retired", deployment, by=KEEPER)
    return deployment


def wake_key(deployment: Deployment) -> str:
    """What a step that waits for the deployment's end waits under."""
    return f"deployment:{deployment.pk}"


def locked(deployment: Deployment) -> Deployment:
    return (
        Deployment.objects.select_for_update(of=("self",))
        .select_related(
            "endpoint__model__project", "version__model__project", "release", "proposal", "deployed_by"
        )
        .get(pk=deployment.pk)
    )


def _locked_endpoint(pk: int) -> Endpoint:
    return Endpoint.objects.select_for_update(of=("self",)).select_related("model__project").get(pk=pk)


def _approved_proposal(release: Release) -> Proposal:
    if release.proposal is None:
        raise WrongState(_("%(version)s was not approved in this release.", version=release.version))
    return release.proposal


def _record(name: str, deployment: Deployment, *, by: Actor, reason: Said | str = "") -> None:
    events.record(
        name,
        deployment,
        by=by,
        chain=deployment.chain,
        deployment=deployment.pk,
        endpoint=deployment.endpoint_id,
        version=deployment.version_id,
        release=deployment.release_id,
        proposal=deployment.proposal_id,
        package=deployment.package_digest,
        state=deployment.state,
        replaces=deployment.replaces_id,
        detail={"reason": reason} if reason else None,
    )
