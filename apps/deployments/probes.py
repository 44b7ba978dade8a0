"""Ask every live endpoint a known row once a minute, also when no client does."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.audit import events
from apps.core.actors import System
from apps.core.errors import Unavailable
from apps.core.said import NOTHING, Said, of_error
from apps.deployments import asking, samples
from apps.deployments.models import Deployment, Endpoint, ProbeResult

KEPT = timedelta(days=30)
SETTLING = timedelta(seconds=10)
"""A server that was started just now may still be loading."""


def probe_all() -> None:
    """Safe to repeat. Adds one result for each live deployment of an endpoint that should run."""
    live = Deployment.objects.live().filter(
        endpoint__wanted=Endpoint.Wanted.RUNNING, live_from__lt=timezone.now() - SETTLING
    )
    for deployment in live.with_everything_for_a_row().order_by("pk"):
        probe(deployment)
    ProbeResult.objects.filter(at__lt=timezone.now() - KEPT).delete()


def probe(deployment: Deployment) -> ProbeResult:
    """One question; the first failure of an outage and its end are told as events."""
    known = samples.of(deployment.release, most=1)
    latency: float | None = None
    try:
        answer = asking.predict(deployment.endpoint, [sample["inputs"] for sample in known])
        latency = answer.milliseconds
        message = asking.disagreement(answer, [sample["outputs"] for sample in known])
    except Unavailable as silence:
        message = of_error(silence)
    return _write(deployment, latency, message)


@transaction.atomic
def _write(deployment: Deployment, latency: float | None, message: Said) -> ProbeResult:
    before = deployment.probes.order_by("-pk").first()
    was_well = before is None or before.succeeded
    result = ProbeResult.objects.create(
        deployment=deployment, succeeded=not message, latency_ms=latency, message=message
    )
    if was_well and message:
        _tell("deployments.probe_failed", deployment, message)
    elif not was_well and not message:
        _tell("deployments.probe_recovered", deployment, NOTHING)
    return result


def _tell(name: str, deployment: Deployment, message: Said) -> None:
    events.record(
        name,
        deployment,
        by=System("probes"),
        chain=deployment.chain,
        deployment=deployment.pk,
        endpoint=deployment.endpoint_id,
        detail={"message": message} if message else None,
    )
