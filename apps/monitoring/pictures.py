"""The charts of the monitoring pages. Loads the arithmetic, so views resolve it by name when needed."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.charts import COLOURS, Chart, ChartTable, Drawing, figure_json, layout, moment
from apps.experiments import reports
from apps.monitoring import charts, counting, drift
from apps.monitoring.cause_words import metric_name
from apps.monitoring.drift import FeatureDrift
from apps.monitoring.models import Baseline, Monitor, WindowResult
from apps.registry.models import ModelVersion


def of_monitor(results: Sequence[WindowResult]) -> list[Chart]:
    """Timeline, heatmap, quadrant and, with labels, performance; `results` oldest first."""
    compared = [_window(result) for result in results if result.features]
    found = [_timeline(compared), _heatmap(compared), _quadrant(results)] if compared else []
    measured = [result for result in results if result.performance.get("figures")]
    return [*found, _performance(measured)] if measured else found


def of_feature(monitor: Monitor, result: WindowResult, name: str) -> Chart | None:
    """Training and window of one column on each other; None where the baseline lacks it."""
    row = Baseline.objects.filter(version=result.deployment.version).first()
    if row is None:
        return None
    baseline = counting.baseline_of(row.digest)
    if name not in baseline.columns:
        return None
    counts = counting.summed(result.deployment, result.start, result.end, baseline)
    figure = charts.feature_overlay(baseline, counts, name)
    figure.update_layout(**layout(xaxis={"title": charts.escaped(name), "automargin": True}))
    figure.update_layout(yaxis_title=_("share of rows"))
    for trace, colour in zip(figure.data, ("reference", "current"), strict=False):
        _coloured(trace, colour)
    return figure_json(figure, title=_("Training and window"), chart_id="overlay", table=_of_traces(figure))


def importance_of(version: ModelVersion) -> dict[str, float]:
    return reports.importance(version.training_run)


def _window(result: WindowResult) -> drift.WindowResult:
    features = tuple(FeatureDrift.from_json(feature) for feature in result.features)
    return drift.WindowResult(result.start, result.end, features)


def _timeline(results: list[drift.WindowResult]) -> Chart:
    figure = _laid_out(charts.drift_timeline(results))
    rows = [
        [moment(result.start), _most(result), _verdict(result)]
        for result in results
    ]  # fmt: skip
    table = ChartTable([_("Window"), _("Largest drift / threshold"), _("Verdict")], rows)
    note = _(
        "One line a column, grey where it never reached 1: above it the window is further from training"
        " than chance and policy allow."
    )
    return figure_json(figure, title=_("Drift over time"), chart_id="timeline", table=table, note=note)


def _heatmap(results: list[drift.WindowResult]) -> Chart:
    figure = _laid_out(charts.feature_heatmap(results))
    lines = charts.severities_by_column(results)
    rows = [
        [name, sum(value is not None and value >= 1 for value in line), _largest(line), line[-1]]
        for name, line in reversed(lines.items())
    ]
    headers = [_("Column"), _("Windows at or above 1"), _("Largest drift / threshold"), _("Newest")]
    note = _("Grey: as in training. Orange at the threshold, red at twice as much. Gaps: no verdict.")
    return figure_json(
        figure,
        title=_("Columns by time"),
        chart_id="heatmap",
        table=ChartTable(headers, rows),
        note=note,
        height=460 if len(rows) > 10 else 320,
    )


def _laid_out(drawing: Drawing) -> Drawing:
    """As every chart is, with what the drawing says of its axes and its legend."""
    common = layout(hovermode="closest")
    for part, more in drawing["layout"].items():
        common[part] = _joined(common[part], more) if isinstance(more, dict) and part in common else more
    return {**drawing, "layout": common}


def _joined(common: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    title = {**common.get("title", {}), **more.get("title", {})}
    return {**common, **more, **({"title": title} if title else {})}


def _largest(line: Sequence[float | None]) -> float | None:
    return max((value for value in line if value is not None), default=None)


def _quadrant(results: Sequence[WindowResult]) -> Chart:
    newest = next(result for result in reversed(results) if result.features)
    features = [FeatureDrift.from_json(feature) for feature in newest.features]
    importance = importance_of(newest.deployment.version)
    figure = _laid_out(charts.drift_by_importance(features, importance))
    rows = [
        [feature.name, importance.get(feature.name, 0.0), feature.deciding.severity]
        for feature in features
        if feature.deciding is not None and feature.role == "feature"
    ]
    table = ChartTable([_("Column"), _("Importance"), _("Drift / threshold")], rows)
    note = _("The newest window. What is above the line and to the right matters most.")
    return figure_json(figure, title=_("Drift by importance"), chart_id="quadrant", table=table, note=note)


def _performance(results: Sequence[WindowResult]) -> Chart:
    figure = charts.performance_over_time(
        [(result.start, result.performance["figures"]) for result in results],
        _reference(results[-1]),
    )
    figure.update_layout(**layout())
    rows: list[list[Any]] = [
        [moment(result.start), metric_name(one["metric"]), one["value"], one["low"], one["high"], one["n"]]
        for result in results
        for one in result.performance["figures"]
    ]  # fmt: skip
    headers = [_("Window"), _("Metric"), _("Value"), _("From"), _("To"), _("Labels")]
    note = _("Measured where labels came, with 95 % intervals. Dotted: the held-out rows of the training.")
    return figure_json(
        figure,
        title=_("Realised performance"),
        chart_id="performance",
        table=ChartTable(headers, rows),
        note=note,
    )


def _reference(result: WindowResult) -> dict[str, float]:
    baseline = Baseline.objects.filter(version=result.deployment.version).first()
    return {one["metric"]: one["value"] for one in baseline.performance} if baseline else {}


def _verdict(result: drift.WindowResult) -> str:
    return str(WindowResult.Verdict(drift.overall(result.features).verdict).label)


def _most(result: drift.WindowResult) -> float | None:
    return max(result.severities.values(), default=None)


def _coloured(trace: Any, token: str) -> None:
    from_theme = COLOURS[token]
    trace.marker.color = from_theme
    if trace.type == "scatter":
        trace.line.color = from_theme


def _of_traces(figure: Any) -> ChartTable:
    """Both series as rows; they share their positions."""
    places = list(figure.data[0].x)
    rows = [[place, *(trace.y[i] for trace in figure.data)] for i, place in enumerate(places)]
    return ChartTable([_("Value"), *(trace.name for trace in figure.data)], rows)
