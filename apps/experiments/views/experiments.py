"""Experiments: the list, the form, the page with its leaderboard, trainings beside each other."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.models import User
from apps.accounts.requests import reader
from apps.audit import activity
from apps.core import listing, metric_words, snippets
from apps.core.errors import NotAllowed
from apps.core.query_strings import number
from apps.datasets.models import Dataset
from apps.experiments import (
    columns,
    comparing,
    designs,
    drawing,
    leaderboard,
    lists,
    parallel,
    policy,
    runs,
    setting_words,
)
from apps.experiments.forms import DatasetChoice, DesignForm, StartForm
from apps.experiments.models import Experiment, TrainingRun
from apps.experiments.training import TrainingSettings
from apps.projects.models import Project
from apps.projects.roles import Right, roles_with

TREND_RUNS = 50
MOST_LINES = 200
EXAMPLE = {"dataset": 1, "name": "Credit risk", "model_name": "credit", "settings": {"target": "default"}}


def _visible(request: HttpRequest, pk: int) -> Experiment:
    found = Experiment.objects.visible_to(reader(request))
    return get_object_or_404(found.select_related("project", "dataset", "created_by", "edited_by"), pk=pk)


@require_safe
def experiment_list(request: HttpRequest) -> HttpResponseBase:
    user = reader(request)
    found = Experiment.objects.visible_to(user).select_related("project", "dataset")
    query, project = request.GET.get("q", "").strip(), number(request.GET.get("project"))
    if query:
        found = found.filter(name__icontains=query)
    if project is not None:
        found = found.filter(project=project)
    api = reverse("api:experiment-list")
    context = {
        "query": query,
        "project_id": project,
        "filters": bool(query) or project is not None,
        "visible_projects": Project.objects.visible_to(user).order_by("name"),
        "may_create": _datasets(user).exists(),
        "snippet": snippets.call(api + (f"?project={project}" if project is not None else "")),
        "example": snippets.call(api, "POST", EXAMPLE)["curl"],
    }
    table = lists.ExperimentList(found.order_by("name", "pk"), request)
    return listing.show(request, "experiments/experiment_list.html", table, context)


def _datasets(user: User) -> QuerySet[Dataset]:
    """Those that the person may make an experiment on."""
    return (
        Dataset.objects.visible_to(user)
        .filter(
            project__archived_at=None,
            project__memberships__person=user,
            project__memberships__role__in=roles_with(Right.TRAIN),
        )
        .select_related("project")
        .order_by("project__name", "name")
        .distinct()
    )


@require_http_methods(["GET", "HEAD", "POST"])
def experiment_create(request: HttpRequest) -> HttpResponse:
    """First the dataset is chosen, then its columns are there to choose from."""
    user = reader(request)
    datasets = _datasets(user)
    if not datasets.exists():
        raise NotAllowed(
            _("To create an experiment you need to be a data scientist of a project with a dataset.")
        )
    cloned = _cloned(request)
    named = number(request.POST.get("dataset") or request.GET.get("dataset"))
    if named is None and cloned is not None:
        named = cloned.dataset_version.dataset_id
    dataset = datasets.filter(pk=named).first() if named is not None else None
    choice = DatasetChoice(initial={"dataset": dataset}, datasets=datasets)
    version = columns.newest(dataset) if dataset else None
    context: dict[str, Any] = {"choice": choice, "dataset": dataset, "version": version}
    if dataset is None or version is None:
        status = 400 if request.method == "POST" else 200
        return render(request, "experiments/experiment_create.html", context, status=status)
    form = _form(request, columns.of(version), _base(cloned, dataset), _names(cloned))
    if request.method == "POST" and (
        made := form.save(lambda design: designs.create(dataset, design, by=user))
    ):
        messages.success(request, _("The experiment is there. Start its first training."))
        return redirect("experiments:experiment_detail", made.pk)
    return render(
        request,
        "experiments/experiment_create.html",
        {**context, "form": form},
        status=400 if form.is_bound else 200,
    )


def _cloned(request: HttpRequest) -> TrainingRun | None:
    """The training whose settings the new experiment starts from (`?run=`)."""
    named = number(request.GET.get("run"))
    if named is None:
        return None
    visible = TrainingRun.objects.visible_to(reader(request))
    return visible.select_related("experiment", "dataset_version").filter(pk=named).first()


def _base(cloned: TrainingRun | None, dataset: Dataset) -> dict[str, Any]:
    if cloned is not None and cloned.dataset_version.dataset_id == dataset.pk:
        return dict(cloned.settings)
    return {**TrainingSettings(target="?").as_json(), "target": ""}


def _names(cloned: TrainingRun | None) -> dict[str, Any]:
    if cloned is None:
        return {"train_on_publish": True}
    return {
        "name": _("%(name)s (copy)") % {"name": cloned.experiment.name},
        "model_name": cloned.experiment.model_name,
        "description": cloned.experiment.description,
        "train_on_publish": False,
    }


def _form(
    request: HttpRequest, known: dict[str, columns.KnownColumn], base: dict[str, Any], names: dict[str, Any]
) -> DesignForm:
    return DesignForm(known, request.POST if request.method == "POST" else None, base=base, initial=names)


@require_http_methods(["GET", "HEAD", "POST"])
def experiment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    experiment, user = _visible(request, pk), reader(request)
    if reason := policy.why_not_train(experiment.project, user):
        raise NotAllowed(reason)
    version = columns.newest(experiment.dataset)
    known = columns.of(version) if version else {}
    fields = ("name", "model_name", "description", "train_on_publish")
    names = {field: getattr(experiment, field) for field in fields}
    form = _form(request, known, experiment.settings, names)
    if request.method == "POST" and form.save(lambda design: designs.edit(experiment, design, by=user)):
        messages.success(
            request, _("The experiment is saved. What is running keeps the settings it began with.")
        )
        return redirect("experiments:experiment_detail", experiment.pk)
    context = {"experiment": experiment, "form": form, "version": version}
    status = 400 if form.is_bound else 200
    return render(request, "experiments/experiment_edit.html", context, status=status)


@require_safe
def experiment_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    experiment = _visible(request, pk)
    found = experiment.runs.select_related("pipeline_run", "dataset_version__dataset", "started_by")
    recent = leaderboard.rows(found.order_by("-number")[:TREND_RUNS])
    metric = next((row.metric for row in recent if row.metric), "")
    table = lists.RunList(found.order_by("-number"), request, metric=metric)
    context = {
        "experiment": experiment,
        "best_first": _best_first(metric),
        "trend": drawing.trend(recent),
        "start_form": StartForm(experiment=experiment),
        "has_version": columns.newest(experiment.dataset) is not None,
        "why_not": policy.why_not_train(experiment.project, reader(request)),
        "asked": setting_words.lines(experiment.settings),
        "entries": activity.about(experiment),
        "snippet": _snippet(experiment),
    }
    return listing.show(request, "experiments/experiment_detail.html", table, context)


def _best_first(metric: str) -> str:
    """The list's order with the best run on top; nothing where no run has been measured."""
    return ("score" if metric in metric_words.LOWER_IS_BETTER else "-score") if metric else ""


def _snippet(experiment: Experiment) -> dict[str, str]:
    name = f"{experiment.project.slug}/notebook"
    return {
        **snippets.call(reverse("api:experiment-runs", args=[experiment.pk]), "POST"),
        "mlflow": (
            f"export MLFLOW_TRACKING_URI={settings.PORTAL_URL}/mlflow\n"
            f"export MLFLOW_TRACKING_TOKEN=$TOKEN\n\nimport mlflow\n"
            f'mlflow.set_experiment("{name}")'
        ),
    }


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    experiment = _visible(request, pk)
    if reason := policy.why_not_train(experiment.project, reader(request)):
        raise NotAllowed(reason)
    form = StartForm(request.POST, experiment=experiment)
    if not form.is_valid():
        messages.error(request, _("Choose a published version of the dataset."))
        return redirect("experiments:experiment_detail", experiment.pk)
    run = runs.start(
        experiment,
        dataset_version=form.cleaned_data["dataset_version"],
        by=reader(request),
        cause=TrainingRun.Cause.BUTTON,
    )
    messages.success(request, _("The training has started."))
    return redirect("experiments:run_detail", run.pk)


@require_safe
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """
    `?run=…&run=…` names the runs that stand side by side, `?only=differences` hides what is alike.

    Where none are named, the newest that were measured are lines to choose from.
    """
    experiment = _visible(request, pk)
    named = (number(text) for text in request.GET.getlist("run"))
    wanted = [pk for pk in named if pk is not None][: comparing.MOST_RUNS]
    found = experiment.runs.select_related("dataset_version__dataset", "pipeline_run")
    chosen = list(found.filter(pk__in=wanted).order_by("number"))
    if wanted and not chosen:
        raise Http404
    beside = len(chosen) > 1
    only = request.GET.get("only") == "differences"
    shown = chosen if beside else _measured(found)
    context = {
        "experiment": experiment,
        "runs": chosen,
        "groups": comparing.groups(chosen, only_differences=only) if beside else [],
        "is_beside": beside,
        "only": only,
        "chart": drawing.trend(leaderboard.rows(chosen)) if beside else None,
        "parallel": parallel.picture(shown),
        "most": comparing.MOST_RUNS,
        "snippet": snippets.call(reverse("api:experiment-runs", args=[experiment.pk])),
    }
    return render(request, "experiments/compare.html", context)


def _measured(found: QuerySet[TrainingRun]) -> list[TrainingRun]:
    """The newest that have a score, oldest first."""
    newest = found.filter(report__has_key="metrics").order_by("-number")[:MOST_LINES]
    return list(reversed(newest))
