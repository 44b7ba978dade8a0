"""The last step of a release: known predictions through the real address, then the first minute's errors."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.core.errors import Unavailable
from apps.core.said import of_error
from apps.core.saying import later as _
from apps.deployments import asking, samples
from apps.deployments.models import Deployment, Endpoint, Release
from apps.deployments.releasing import release_of
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, StepFailed, StepTroubled, Wait

WATCHED_FOR = timedelta(seconds=60)
MOST_ERRORS = 0.05
"""The share of requests that the model itself may fail on in its first minute."""


def verify(context: StepContext) -> Done | Wait:
    release = release_of(context)
    deployment = _deployment(release)
    if deployment.state != Deployment.State.LIVE:
        return Done({"note": _("Another version has taken over meanwhile.")})
    report = _ask(context, release, deployment)
    watched_until = (deployment.live_from or timezone.now()) + WATCHED_FOR
    if timezone.now() < watched_until:
        return Wait(f"verified:{release.pk}", _("its first minute of traffic"), until=watched_until)
    report |= _first_minute(deployment)
    Release.objects.filter(pk=release.pk).update(verify_report=report)
    if report["requests"] and report["errors"] / report["requests"] > MOST_ERRORS:
        raise StepFailed(
            _(
                "%(errors)d of the first %(n)d requests failed. Consider rolling back.",
                errors=report["errors"],
                n=report["requests"],
            )
        )
    return Done(report)


def _deployment(release: Release) -> Deployment:
    if release.awaited is None:
        raise StepFailed(_("The deployment is not there any more."))
    return Deployment.objects.select_related("endpoint").get(pk=release.awaited.pk)


def _ask(context: StepContext, release: Release, deployment: Deployment) -> dict[str, Any]:
    known = samples.of(release)
    try:
        answer = asking.predict(deployment.endpoint, [sample["inputs"] for sample in known])
    except Unavailable as silence:
        raise StepTroubled(of_error(silence)) from None
    if wrong := asking.disagreement(answer, [sample["outputs"] for sample in known]):
        if answer.status == 503:
            raise StepTroubled(wrong)  # its traffic has not been switched on yet
        raise StepFailed(wrong)
    context.log(f"known rows answered: {len(known)} in {answer.milliseconds} ms")
    return {"rows": len(known), "milliseconds": answer.milliseconds}


def _first_minute(deployment: Deployment) -> dict[str, int]:
    endpoint = Endpoint.objects.get(pk=deployment.endpoint_id)
    counted = endpoint.report.get("versions", {}).get(deployment.package_digest, {})
    return {"requests": int(counted.get("requests", 0)), "errors": int(counted.get("errors", 0))}
