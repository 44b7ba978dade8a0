"""Trainings beside each other: the main metric with its interval, and the fit in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from apps.experiments.models import TrainingRun
from apps.experiments.training import METRICS


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether the model learnt too much or too little: word and tone for the eye, sentences for the rest."""

    word: str
    tone: str
    icon: str
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A run in the table; figures are None until it has some."""

    run: TrainingRun
    metric: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    gain: float | None = None
    algorithm: str = ""
    fit: Fit | None = None


def rows(runs: Iterable[TrainingRun]) -> list[Row]:
    return [row(run) for run in runs]


def row(run: TrainingRun) -> Row:
    report = run.report
    if not report:
        return Row(run)
    main = report["metrics"][report["metric"]]
    low, high = main.get("interval") or (None, None)
    return Row(
        run,
        report["metric"],
        main["value"],
        low,
        high,
        report["gain"],
        report["algorithm"],
        fit(report["findings"]),
    )


def fit(findings: Iterable[dict[str, Any]]) -> Fit:
    """The first finding's word; every sentence."""
    found = list(findings)
    if not found:
        return Fit(_("Fits well"), "ok", "circle-check")
    words = {
        "overfit": (_("Overfitted"), "warn"),
        "underfit": (_("Underfitted"), "bad"),
        "low_gain": (_("Little gain"), "warn"),
    }
    word, tone = words.get(found[0]["code"], (_("Look closer"), "warn"))
    return Fit(word, tone, "alert-triangle", tuple(str(one["sentence"]) for one in found))


def by_metric(runs: QuerySet[TrainingRun], metric: str, *, is_descending: bool) -> QuerySet[TrainingRun]:
    """In the order of a metric, runs that do not have it last; the newest first for what is no metric."""
    if metric not in {name for names in METRICS.values() for name in names}:
        return runs.order_by("-number")
    value = F(f"report__metrics__{metric}__value")
    order = value.desc(nulls_last=True) if is_descending else value.asc(nulls_last=True)
    return runs.order_by(order, "-number")
