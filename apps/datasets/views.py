from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.models import User
from apps.accounts.requests import reader
from apps.core import listing, objections, storage
from apps.core import snippets as core_snippets
from apps.core.query_strings import number
from apps.core.said import Said
from apps.datasets import (
    activity,
    catalogue,
    column_rows,
    lists,
    policy,
    profiles,
    publishing,
    snippets,
    uploads,
)
from apps.datasets.forms import DatasetForm, ReasonForm, UploadForm
from apps.datasets.models import Dataset, DatasetVersion, Upload
from apps.pipelines import progress, runs
from apps.pipelines.models import PipelineRun, State
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right

FINAL_PART = 286
COLUMNS_ON_A_PAGE = 50
ROWS_ON_A_PAGE = 50


def _dataset(request: HttpRequest, pk: int) -> Dataset:
    found = Dataset.objects.visible_to(reader(request)).select_related("project", "created_by")
    return get_object_or_404(found, pk=pk)


def _version(request: HttpRequest, pk: int) -> DatasetVersion:
    found = DatasetVersion.objects.visible_to(reader(request))
    return get_object_or_404(found.select_related("dataset__project", "author", "published_by"), pk=pk)


def _upload(request: HttpRequest, pk: int) -> Upload:
    found = Upload.objects.visible_to(reader(request))
    return get_object_or_404(
        found.select_related("dataset__project", "uploaded_by", "version__dataset"), pk=pk
    )


@require_safe
def dataset_list(request: HttpRequest) -> HttpResponseBase:
    user = reader(request)
    found = Dataset.objects.visible_to(user).select_related("project").with_latest()
    query, chosen = request.GET.get("q", "").strip(), request.GET.get("project", "")
    if query:
        found = found.filter(name__icontains=query)
    if (project := number(chosen)) is not None:
        found = found.filter(project=project)
    api = reverse("api:dataset-list")
    context = {
        "query": query,
        "chosen": chosen,
        "choices": Project.objects.visible_to(user).active()[:200],
        "is_filtered": bool(query or chosen),
        "why_not_create": _why_not_create(user),
        "snippet": core_snippets.call(api + (f"?project={project}" if project is not None else "")),
        "example": core_snippets.call(api, "POST", {"name": "loan applications", "project": 1})["curl"],
    }
    table = lists.DatasetList(found.order_by("name", "pk"), request)
    return listing.show(request, "datasets/dataset_list.html", table, context)


def _why_not_create(user: User) -> Said | None:
    right = Right.EDIT_DATA
    return None if access.open_projects_with(right, user).exists() else access.why_not(right)


@require_http_methods(["GET", "HEAD", "POST"])
def dataset_create(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    form = DatasetForm(request.POST or None, user=user, initial={"project": request.GET.get("project")})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        dataset = catalogue.create(
            values["project"], name=values["name"], description=values["description"], by=user
        )
        messages.success(request, _("The dataset is there. Now hand in its first file."))
        return redirect(dataset)
    context = {"form": form, "why_not": _why_not_create(user)}
    return render(request, "datasets/dataset_create.html", context, status=400 if form.is_bound else 200)


@require_safe
def dataset_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _show_dataset(request, _dataset(request, pk), UploadForm())


def _show_dataset(
    request: HttpRequest, dataset: Dataset, form: UploadForm, status: int = 200
) -> HttpResponseBase:
    user = reader(request)
    held = access.rights_of(user, dataset.project)
    table = lists.VersionList(dataset.versions.select_related("author", "dataset"), request)
    pending = dataset.uploads.exclude(state=Upload.State.READ).select_related("uploaded_by")[:5]
    context = {
        "dataset": dataset,
        "pending": pending,
        "form": form,
        "why_not_edit": _why_not(Right.EDIT_DATA, held, dataset.project),
        "why_not_publish": _why_not(Right.PUBLISH_DATA, held, dataset.project),
        "most_bytes": settings.MAX_UPLOAD_BYTES,
        "entries": activity.of(dataset, *table.records, *pending),
        "snippet": snippets.hand_in(dataset),
    }
    return listing.show(request, "datasets/dataset_detail.html", table, context, status=status)


def _why_not(right: Right, held: frozenset[Right], project: Project) -> Said | None:
    if project.archived_at:
        return access.why_archived()
    return None if right in held else access.why_not(right)


@require_POST
def upload(request: HttpRequest, pk: int) -> HttpResponseBase:
    dataset, user = _dataset(request, pk), reader(request)
    access.require(user, Right.EDIT_DATA, dataset.project)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_dataset(request, dataset, form, status=400)
    file = form.cleaned_data["file"]
    received = uploads.receive(
        dataset,
        file=Path(file.temporary_file_path()),
        filename=file.name,
        publish_when_read=form.cleaned_data["publish"],
        by=user,
    )
    return redirect(received)


@require_safe
def upload_detail(request: HttpRequest, pk: int) -> HttpResponse:
    found = _upload(request, pk)
    return render(request, "datasets/upload_detail.html", _upload_context(found))


@require_safe
def upload_status(request: HttpRequest, pk: int) -> HttpResponse:
    """The part that the upload's page asks for until the file has been read or refused."""
    found = _upload(request, pk)
    status = 200 if found.state == Upload.State.READING else FINAL_PART
    return render(request, "datasets/_upload_status.html", _upload_context(found), status=status)


def _upload_context(found: Upload) -> dict[str, Any]:
    run = runs.of(found).first()
    said = _progress(run) if run else None
    return {
        "upload": found,
        "run": run,
        "percent": round(said.fraction * 100, 1) if said else None,
        "doing": said.doing if said else "",
    }


def _progress(run: PipelineRun) -> progress.Progress | None:
    running = next((step for step in run.steps.all() if step.state == State.RUNNING), None)
    return progress.of(running) if running else None


@require_safe
def version_detail(request: HttpRequest, pk: int) -> HttpResponse:
    version = _version(request, pk)
    profile = profiles.of(version)
    columns = Paginator(profile.columns if profile else (), COLUMNS_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        **_shared(request, version),
        "profile": profile,
        "page": columns,
        "columns": column_rows.rows(columns.object_list),
        "balances": column_rows.balances(profile)[:8] if profile else [],
        "pairs": column_rows.strongest(profile) if profile else [],
        "entries": activity.of(version),
        "objection": objections.why_not("datasets.withdraw", version),
        "forced": [{"name": "force", "value": "yes"}],
        "snippet": snippets.read(version),
    }
    return render(request, "datasets/version_detail.html", context)


def _shared(request: HttpRequest, version: DatasetVersion) -> dict[str, Any]:
    others = version.dataset.versions.exclude(pk=version.pk).only("dataset", "number", "rows")[:100]
    return {
        "dataset_version": version,
        "dataset": version.dataset,
        "others": others,
        "previous": next((other for other in others if other.number < version.number), None),
        "why_not": policy.why_not_publish_data(version.project, reader(request)),
    }


@require_safe
def version_rows(request: HttpRequest, pk: int) -> HttpResponse:
    version = _version(request, pk)
    first = profiles.first_rows(version)
    page = Paginator(first["rows"], ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {**_shared(request, version), "names": first["columns"], "page": page}
    return render(request, "datasets/version_rows.html", context)


@require_safe
def version_difference(request: HttpRequest, pk: int) -> HttpResponse:
    """Against the version in ?with=, else the one before."""
    version = _version(request, pk)
    shared = _shared(request, version)
    other = shared["previous"]
    if chosen := request.GET.get("with", ""):
        other = get_object_or_404(version.dataset.versions, pk=number(chosen))
    found = profiles.pictured(other, version) if other else None
    page = Paginator(found or [], COLUMNS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {**shared, "other": other, "page": page, "is_stored": found is not None}
    return render(request, "datasets/version_difference.html", context)


@require_safe
def version_data(request: HttpRequest, pk: int) -> FileResponse:
    """All rows, as the Parquet file that trainings read."""
    version = _version(request, pk)
    if not storage.has(version.data_digest):
        raise Http404
    name = f"dataset-{version.dataset_id}-v{version.number}.parquet"
    return FileResponse(storage.open_stored(version.data_digest), as_attachment=True, filename=name)


@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    version = publishing.publish(_version(request, pk), by=reader(request))
    messages.success(request, _("Published: it can be trained on."))
    return redirect(version)


@require_POST
def quarantine(request: HttpRequest, pk: int) -> HttpResponse:
    version = publishing.quarantine(_version(request, pk), reason=_reason(request), by=reader(request))
    messages.success(request, _("It is in quarantine: nothing is trained on it."))
    return redirect(version)


@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    version = publishing.release(_version(request, pk), reason=_reason(request), by=reader(request))
    messages.success(request, _("Released from quarantine and published."))
    return redirect(version)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    force = request.POST.get("force") == "yes"
    version = publishing.withdraw(
        _version(request, pk), reason=_reason(request), by=reader(request), force=force
    )
    messages.success(request, _("Withdrawn: nothing new is trained on it."))
    return redirect(version)


def _reason(request: HttpRequest) -> str:
    """Empty where there is none: the verb says so, once it has asked for the rights."""
    form = ReasonForm(request.POST)
    if form.has_error("reason", "max_length"):
        raise ValidationError(list(form.errors["reason"]))
    return form.cleaned_data.get("reason", "")
