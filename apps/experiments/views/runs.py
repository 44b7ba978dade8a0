"""One training: live while it runs, everything that it found out afterwards."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.requests import reader
from apps.audit import activity
from apps.core import metric_words, pages, snippets
from apps.experiments import drawing, leaderboard, policy, reports, runs, setting_words
from apps.experiments.models import TrainingRun
from apps.experiments.training import TrainingSettings
from apps.pipelines import progress, stages
from apps.pipelines import runs as pipeline_runs

STOP_POLLING = 286


def _visible(request: HttpRequest, pk: int) -> TrainingRun:
    found = TrainingRun.objects.visible_to(reader(request)).select_related(
        "experiment__project",
        "dataset_version__dataset",
        "started_by",
        "pipeline_run__project",
        "pipeline_run__started_by",
        "pipeline_run__cancel_requested_by",
    )
    return get_object_or_404(found.prefetch_related("pipeline_run__steps"), pk=pk)


@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    run = _visible(request, pk)
    report = reports.of(run)
    context = {
        "run": run,
        "pipeline_run": run.pipeline_run,
        "row": leaderboard.row(run),
        "why_not": policy.why_not_train(run.project, reader(request)),
        "why_not_repeat": policy.why_not_repeat(run),
        "why_not_retry": policy.why_not_retry(run),
        "entries": activity.about(run),
        "snippet": snippets.call(reverse("api:run-detail", args=[run.pk])),
        "asked": setting_words.lines(run.settings),
        "version_url": pages.url_of("datasets.datasetversion", str(run.dataset_version_id)),
        **_live(run),
        **(_found_out(report) if report else {}),
    }
    return render(request, "experiments/run_detail.html", context)


@require_safe
def run_live(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is and what its trials say; asked for again until the run is over."""
    run = _visible(request, pk)
    final = run.pipeline_run.is_final
    response = render(
        request,
        "experiments/_run_live.html",
        {"run": run, "pipeline_run": run.pipeline_run, **_live(run)},
        status=STOP_POLLING if final else 200,
    )
    if final:
        # The page below it is another one now: figures, curves, buttons.
        response.headers["HX-Refresh"] = "true"
    return response


def _live(run: TrainingRun) -> dict[str, Any]:
    step = stages.current(run.pipeline_run)
    return {
        "trials": _judged(reports.trials(run)),
        "logging": pipeline_runs.of(run).filter(kind="logging").first(),
        "log_step": step,
        "log": progress.log_tail(step) if step else "",
    }


def _judged(trials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**trial, "fit": leaderboard.fit(trial["findings"])} for trial in trials]


def _found_out(report: dict[str, Any]) -> dict[str, Any]:
    held_out = report["held_out"]
    return {
        "report": report,
        "held_out": held_out,
        "metrics": [
            {
                "name": metric_words.word(name),
                "note": _("lower is better") if name in metric_words.LOWER_IS_BETTER else "",
                **one,
                "low": (one["interval"] or [None])[0],
                "high": (one["interval"] or [None])[-1],
            }
            for name, one in held_out["metrics"].items()
        ],
        "charts": drawing.curves(report),
        "importance": drawing.importance(report),
        "confusion": _confusion(held_out["curves"].get("confusion")),
        "segments": held_out["segments"],
        "fairness": held_out["fairness"],
        "trials": _judged(reports.best_first(report["search"]["trials"])),
        "features": report["features"],
        "sides": report["split"]["sides"],
    }


def _confusion(matrix: dict[str, Any] | None) -> dict[str, Any] | None:
    if matrix is None:
        return None
    rows = list(zip(matrix["classes"], matrix["counts"], strict=True))
    return {"classes": matrix["classes"], "rows": rows}


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = runs.cancel(_visible(request, pk), by=reader(request))
    messages.success(request, _("The training is being cancelled."))
    return redirect("experiments:run_detail", run.pk)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    run = runs.retry(_visible(request, pk), by=reader(request))
    messages.success(request, _("The training goes on from the step that failed."))
    return redirect("experiments:run_detail", run.pk)


@require_POST
def repeat(request: HttpRequest, pk: int) -> HttpResponse:
    """The same settings on the same version once more."""
    before = _visible(request, pk)
    run = runs.start(
        before.experiment,
        dataset_version=before.dataset_version,
        by=reader(request),
        cause=TrainingRun.Cause.BUTTON,
        settings=TrainingSettings.from_json(before.settings),
    )
    messages.success(request, _("The same training has started once more."))
    return redirect("experiments:run_detail", run.pk)
