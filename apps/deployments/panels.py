"""What the pages of a model and of its versions show of deployments."""

from typing import Any

from django.http import HttpRequest  # noqa: TID251 - a panel is handed the page's request

from apps.accounts.requests import reader
from apps.deployments import policy, releases
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
