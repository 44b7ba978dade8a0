from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import User
from apps.accounts.requests import reader
from apps.audit import activity
from apps.core import listing
from apps.core import snippets as api
from apps.core.query_strings import number
from apps.deployments import lists, policy, releases, snippets
from apps.deployments.models import Deployment, Release
from apps.projects.models import Project
from apps.registry.models import ModelVersion


@require_safe
def release_list(request: HttpRequest) -> HttpResponseBase:
    user = reader(request)
    found = Release.objects.visible_to(user)
    filters = {name: request.GET.get(name, "") for name in ("project", "version", "state")}
    if (project := number(filters["project"])) is not None:
        found = found.filter(version__model__project=project)
    if (version := number(filters["version"])) is not None:
        found = found.filter(version=version)
    if filters["state"]:
        found = found.filter(pipeline_run__state=filters["state"])
    rows = found.select_related("version__model__project", "pipeline_run", "started_by")
    context = {
        "filters": filters,
        "projects": Project.objects.visible_to(user).order_by("name"),
        "states": ["running", "waiting", "succeeded", "failed", "cancelled"],
        "is_filtered": any(filters.values()),
        "startable": _startable(user, version),
        "snippet": api.call(reverse("api:release-list")),
        "first_steps": [
            _("Register a model version: with the loop on automatic its release starts by itself."),
            _("An approver decides on the proposal that the release opens."),
            _("It is deployed, and answers clients at its endpoint's address."),
        ],
    }
    table = lists.ReleaseList(rows.prefetch_related("pipeline_run__steps"), request)
    return listing.show(request, "deployments/release_list.html", table, context)


@require_safe
def release_detail(request: HttpRequest, pk: int) -> HttpResponse:
    release, user = _visible(request, pk), reader(request)
    context = {
        "release": release,
        "run": release.pipeline_run,
        "deployments": Deployment.objects.filter(release=release).with_everything_for_a_row(),
        "waits_for_order": releases.is_waiting_for_order(release),
        "why_not_order": policy.why_not_order(release, user),
        "activity": activity.about(release, limit=8),
        "snippet": snippets.read_release(release),
    }
    return render(request, "deployments/release_detail.html", context)


@require_POST
def start(request: HttpRequest, version_pk: int) -> HttpResponse:
    user = reader(request)
    version = get_object_or_404(ModelVersion.objects.visible_to(user), pk=version_pk)
    release = releases.start(version, by=user)
    messages.success(request, _("The release of %(version)s has started.") % {"version": version})
    return redirect("deployments:release_detail", release.pk)


@require_POST
def order(request: HttpRequest, pk: int) -> HttpResponse:
    release = releases.order(_visible(request, pk), by=reader(request))
    messages.success(request, _("It is being deployed."))
    return redirect("deployments:release_detail", release.pk)


def _startable(user: User, version_pk: int | None) -> dict[str, object] | None:
    """The version that a notice leads here for, with its button."""
    visible = ModelVersion.objects.visible_to(user).select_related("model__project")
    version = visible.filter(pk=version_pk).first() if version_pk is not None else None
    if version is None:
        return None
    why_not = releases.why_not_start(version) or policy.why_not_deploy(version.project, user)
    return {"version": version, "why_not": why_not}


def _visible(request: HttpRequest, pk: int) -> Release:
    visible = Release.objects.visible_to(reader(request)).select_related(
        "version__model__project", "pipeline_run", "proposal", "started_by", "ordered_by"
    )
    return get_object_or_404(visible.prefetch_related("pipeline_run__steps"), pk=pk)
