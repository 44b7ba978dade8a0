"""Tell people of releases and endpoints that want their attention."""

from collections.abc import Iterable

from django.urls import reverse

from apps.accounts.models import User
from apps.approvals.models import Proposal
from apps.audit import events
from apps.audit.models import Event
from apps.core.said import Said, own_words
from apps.core.saying import later as _
from apps.deployments.models import Deployment, Endpoint, Release
from apps.notifications import sending
from apps.pipelines.models import State
from apps.projects import access, loop
from apps.projects.models import Arrow, Mode
from apps.projects.roles import Right
from apps.registry.models import ModelVersion


def on_version_registered(event: Event) -> None:
    """Supervised: somebody is asked to start the release."""
    version = ModelVersion.objects.select_related("model__project").filter(pk=event.object_id).first()
    if version is None or loop.mode(version.project, Arrow.RELEASE) != Mode.SUPERVISED:
        return
    sending.notify(
        event,
        access.people_with(Right.DEPLOY, version.project),
        kind="deployments.release_asked",
        subject=_("%(version)s is registered: start its release?", version=version),
        body=version.reason,
        path=reverse("deployments:release_list") + f"?version={version.pk}",
    )


def on_proposal_approved(event: Event) -> None:
    """Supervised: somebody is asked to deploy what was approved."""
    proposal = Proposal.objects.select_related("version__model__project").filter(pk=event.object_id).first()
    release = Release.objects.filter(proposal=proposal).first() if proposal else None
    if proposal is None or release is None:
        return
    if loop.mode(proposal.project, Arrow.DEPLOY) != Mode.SUPERVISED:
        return
    sending.notify(
        event,
        access.people_with(Right.DEPLOY, proposal.project),
        kind="deployments.deploy_asked",
        subject=_("%(version)s is approved: deploy it?", version=proposal.version),
        body=proposal.status_reason,
        path=reverse("deployments:release_detail", args=[release.pk]),
    )


def on_release_ended(event: Event) -> None:
    """Only where it failed: a success is told by its going live."""
    if events.facts_of(event).get("state") != State.FAILED:
        return
    release = (
        Release.objects.select_related("version__model__project", "pipeline_run", "started_by")
        .filter(pk=event.object_id)
        .first()
    )
    if release is None:
        return
    sending.notify(
        event,
        [release.started_by, *access.people_with(Right.DEPLOY, release.project)],
        kind="deployments.release_ended",
        subject=_("The release of %(version)s failed", version=release.version),
        body=release.pipeline_run.failure,
        path=reverse("deployments:release_detail", args=[release.pk]),
    )


def on_probe_failed(event: Event) -> None:
    """Once an outage: the event is recorded at its beginning alone."""
    deployment = Deployment.objects.with_everything_for_a_row().filter(pk=event.object_id).first()
    if deployment is None:
        return
    _tell_endpoint(
        event,
        deployment.endpoint,
        subject=_("%(endpoint)s does not give a known prediction", endpoint=deployment.endpoint),
        body=_told(event, "message"),
        also=[deployment.version.model.owner],
    )


def on_endpoint_stopped(event: Event) -> None:
    endpoint = (
        Endpoint.objects.select_related("model__project", "model__owner").filter(pk=event.object_id).first()
    )
    if endpoint is None:
        return
    _tell_endpoint(
        event,
        endpoint,
        subject=_("%(endpoint)s was stopped", endpoint=endpoint),
        body=_told(event, "reason"),
        also=[endpoint.model.owner],
    )


def _tell_endpoint(
    event: Event, endpoint: Endpoint, *, subject: Said, body: Said, also: Iterable[User]
) -> None:
    sending.notify(
        event,
        [*access.people_with(Right.DEPLOY, endpoint.project), *also],
        kind=event.name,
        subject=subject,
        body=body,
        path=reverse("deployments:endpoint_detail", args=[endpoint.pk]),
    )


def _told(event: Event, name: str) -> Said:
    found = events.detail_of(event).get(name, "")
    return found if isinstance(found, Said) else own_words(str(found))
