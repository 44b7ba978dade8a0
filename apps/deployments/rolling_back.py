"""Put an earlier version back, in one click: the same way to life as any other, with its old approval."""

import uuid

from django.db import transaction

from apps.accounts.models import User
from apps.audit.models import Event
from apps.core.actors import System
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import Said
from apps.core.saying import later as _
from apps.deployments import endpoints, going_live, policy
from apps.deployments.models import Deployment, Endpoint
from apps.registry.models import ModelVersion

MOST_OFFERED = 20


@transaction.atomic
def roll_back(endpoint: Endpoint, *, to: Deployment, by: User, reason: Said | str) -> Deployment:
    """
    Let what served earlier serve again. What serves now drains, and stays one click away.

    Raises NotAllowed, and WrongState where that version's approval no longer holds.
    """
    policy.require(policy.why_not_deploy(endpoint.project, by))
    if not str(reason).strip():
        raise WrongState(_("Say why it is rolled back."))
    if to.endpoint_id != endpoint.pk or to.live_from is None:
        raise WrongState(_("This deployment has never served at this endpoint."))
    return going_live.begin(to.release, endpoint, by=by, chain=uuid.uuid4(), rolls_back=True, reason=reason)


def choices(endpoint: Endpoint) -> list[Deployment]:
    """Earlier deployments whose versions are still approved, newest first, each package once."""
    live = endpoint.deployments.live().values_list("package_digest", flat=True)
    found = (
        endpoint.deployments.served()
        .exclude(package_digest__in=list(live))
        .filter(version__approval_status=ModelVersion.ApprovalStatus.APPROVED)
        .with_everything_for_a_row()
        .order_by("-live_from")[: MOST_OFFERED * 3]
    )
    by_package: dict[str, Deployment] = {}
    for deployment in found:
        by_package.setdefault(deployment.package_digest, deployment)
    return list(by_package.values())[:MOST_OFFERED]


@transaction.atomic
def on_approval_ended(event: Event) -> None:
    """
    The approval of what serves was taken back or ran out: the newest version that is still
    approved takes over, and where there is none the endpoint stops.
    """
    version = ModelVersion.objects.filter(pk=event.object_id).first()
    if version is None or version.approval_status == ModelVersion.ApprovalStatus.APPROVED:
        return
    for deployment in Deployment.objects.live().filter(version=version).with_everything_for_a_row():
        reason = _("The approval of %(version)s has ended.", version=version)
        under_way = deployment.endpoint.deployments.filter(state=Deployment.State.DEPLOYING).first()
        if under_way is not None and under_way.rolls_back:
            continue  # the event came twice
        if under_way is not None:
            raise WrongState(_("Another deployment is under way there; this is tried again after it."))
        if not _fall_back(deployment, reason):
            _stop(deployment.endpoint, reason)


def _fall_back(deployment: Deployment, reason: Said) -> bool:
    for earlier in choices(deployment.endpoint):
        try:
            with transaction.atomic():
                roll_back(deployment.endpoint, to=earlier, by=earlier.deployed_by, reason=reason)
        except (NotAllowed, WrongState):
            continue
        return True
    return False


def _stop(endpoint: Endpoint, reason: Said) -> None:
    endpoint = Endpoint.objects.select_for_update(of=("self",)).select_related("model").get(pk=endpoint.pk)
    if endpoint.wanted == Endpoint.Wanted.RUNNING:
        endpoints.set_stopped(endpoint, by=System("deployments"), reason=reason)
