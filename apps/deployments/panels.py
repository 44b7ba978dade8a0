"""What the pages of a model and of its versions show of deployments."""

from typing import Any

from django.http import HttpRequest  # noqa: TID251 - a panel is handed the page's request

from apps.accounts.requests import reader
from apps.approvals.models import Proposal
from apps.deployments import policy, releases, reporting
from apps.deployments.models import Deployment, Endpoint
from apps.registry.models import ModelVersion, RegisteredModel

MOST = 20


def of_version(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """Its releases, when it was in production, and the button that starts a release."""
    deployments = Deployment.objects.filter(version=version).with_everything_for_a_row()
    why_not = releases.why_not_start(version) or policy.why_not_deploy(version.project, reader(request))
    return {
        "template": "deployments/_version_panel.html",
        "version": version,
        "releases": version.releases.select_related("pipeline_run", "started_by")[:MOST],
        "deployments": deployments[:MOST],
        "why_not_release": why_not,
    }


def of_model(request: HttpRequest, model: RegisteredModel) -> dict[str, Any] | None:
    """When which version was in production, and its endpoints."""
    deployments = Deployment.objects.filter(version__model=model).served().with_everything_for_a_row()
    endpoints = Endpoint.objects.filter(model=model)
    if not endpoints:
        return None
    return {
        "template": "deployments/_model_panel.html",
        "endpoints": endpoints,
        "deployments": deployments.order_by("-live_from")[:MOST],
    }


def of_proposal(request: HttpRequest, proposal: Proposal) -> dict[str, Any] | None:
    """Where an approved version answers, with the button that stops it for who decided on it."""
    if proposal.status != Proposal.Status.APPROVED:
        return None
    served = Deployment.objects.filter(proposal=proposal).served().with_everything_for_a_row()
    last = served.order_by("-live_from").first()
    return {
        "template": "deployments/_proposal_panel.html",
        "deployment": last,
        "state": reporting.state_of(last.endpoint) if last else "",
        "why_not_stop": policy.why_not_stop(last.endpoint, reader(request)) if last else None,
    }
