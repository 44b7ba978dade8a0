"""Figures of drift: over time, by column, against the reference. The theme is put on elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go
from django.utils.translation import gettext as _

from apps.core.charts import COLOURS, Drawing, moment
from apps.monitoring.baselines import Baseline, NumberBaseline
from apps.monitoring.cause_words import metric_name
from apps.monitoring.drift import FeatureDrift, WindowResult
from apps.monitoring.histograms import WindowCounts
from apps.monitoring.tally import CategoryCounts, NumberCounts

NAMED = 3
POINTS = 2_000
"""Most points of a trace."""
LEVELS = 30
_AT_THRESHOLD = {
    "type": "line",
    "xref": "x domain",
    "x0": 0,
    "x1": 1,
    "y0": 1,
    "y1": 1,
    "line": {"dash": "dash", "color": COLOURS["bad"], "width": 1.5},
}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"})


def escaped(label: str) -> str:
    """Plotly reads labels as a little HTML, and `$` as mathematics."""
    return label.translate(_ESCAPES)


def drift_timeline(results: Sequence[WindowResult]) -> Drawing:
    """
    How far each column is from its threshold (1 = at the threshold), window by window. What never
    reached it is drawn in grey behind the others and named only on hover.
    """
    shown = results[-POINTS:]
    lines = severities_by_column(shown)
    reached = [name for name, line in lines.items() if _most(line) >= 1][::-1]
    starts = [moment(result.start) for result in shown]
    traces = [
        {
            "type": "scatter",
            "x": starts,
            "y": line,
            "name": escaped(name),
            **(_loud(reached.index(name)) if name in reached else _QUIET),
        }
        for name, line in lines.items()
    ]
    return {"data": traces, "layout": {**_against_threshold(), "legend": {"traceorder": "reversed"}}}


def _against_threshold() -> dict[str, Any]:
    return {"yaxis": {"title": {"text": _("drift / threshold")}}, "shapes": [_AT_THRESHOLD]}


_QUIET: dict[str, Any] = {
    "mode": "lines",
    "line": {"color": COLOURS["reference"], "width": 1},
    "opacity": 0.5,
    "showlegend": False,
}


def _loud(number: int) -> dict[str, Any]:
    """Eight colours of the page's theme, in turn."""
    return {"mode": "lines+markers", "line": {"color": f"var(--chart-{number % 8 + 1})"}, "showlegend": True}


def _most(line: Sequence[float | None]) -> float:
    return max((value for value in line if value is not None), default=0.0)


_FROM_GREY_TO_RED: list[list[Any]] = [
    [0.0, "var(--chart-grid)"],
    [0.4, "var(--chart-grid)"],
    [0.5, "var(--chart-2)"],
    [1.0, COLOURS["bad"]],
]


def feature_heatmap(results: Sequence[WindowResult]) -> Drawing:
    """
    Columns by windows, coloured by drift / threshold; gaps where there was no verdict. Grey below
    the threshold; the columns that went furthest stand on top.
    """
    shown = results[-max(POINTS // max(len(_names(results)), 1), 1) :]
    lines = severities_by_column(shown)
    trace = {
        "type": "heatmap",
        "x": [moment(result.start) for result in shown],
        "y": [escaped(name) for name in lines],
        "z": list(lines.values()),
        "zmin": 0,
        "zmax": 2,
        "colorscale": _FROM_GREY_TO_RED,
        "colorbar": {"title": {"text": _("drift / threshold"), "side": "right"}, "thickness": 12},
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
    }
    return {"data": [trace], "layout": {}}


def severities_by_column(results: Sequence[WindowResult]) -> dict[str, list[float | None]]:
    """Drift / threshold of each window, oldest first; the column that went furthest comes last."""
    lines = {name: [result.severities.get(name) for result in results] for name in _names(results)}
    return dict(sorted(lines.items(), key=lambda item: _most(item[1])))


def drift_by_importance(features: Sequence[FeatureDrift], importance: Mapping[str, float]) -> Drawing:
    """
    Each input by how much the model uses it and how far it moved: top right matters. Only what
    moved or weighs most is named, since names on top of each other cannot be read.
    """
    shown = [
        (escaped(f.name), importance.get(f.name, 0.0), f.deciding.severity)
        for f in features
        if f.role == "feature" and f.deciding is not None
    ][:POINTS]
    weights = sorted((weight for _name, weight, _moved in shown), reverse=True)
    heavy = weights[min(NAMED, len(weights)) - 1] if weights else 0.0
    trace = {
        "type": "scatter",
        "x": [weight for _name, weight, _moved in shown],
        "y": [moved for _name, _weight, moved in shown],
        "text": [name if moved >= 1 or weight >= heavy > 0 else "" for name, weight, moved in shown],
        "hovertext": [name for name, _weight, _moved in shown],
        "hoverinfo": "text+x+y",
        "mode": "markers+text",
        "textposition": "top center",
        "marker": {"color": COLOURS["current"]},
        "showlegend": False,
    }
    across = {"title": {"text": _("importance for the model")}, **_room_for_names(weights)}
    return {"data": [trace], "layout": {**_against_threshold(), "xaxis": across}}


def _room_for_names(weights: Sequence[float]) -> dict[str, Any]:
    """Names stand beside their marks, the outermost ones too."""
    if not weights:
        return {}
    lowest, highest = weights[-1], weights[0]
    room = 0.2 * (highest - lowest or 1.0)
    return {"range": [lowest - room, highest + room]}


def feature_overlay(baseline: Baseline, counts: WindowCounts, feature: str) -> go.Figure:
    """Training and window on each other. Raises KeyError for a column that the baseline lacks."""
    reference, window = baseline.columns[feature], counts.columns.get(feature)
    figure = go.Figure()
    if isinstance(reference, NumberBaseline):
        _add_density(figure, reference, reference.counts, _("training"))
        if isinstance(window, NumberCounts):
            _add_density(figure, reference, window.counts, _("window"))
    else:
        levels = [escaped(level) for level in reference.levels[:LEVELS]]
        _add_shares(figure, levels, reference.counts, reference.other, _("training"))
        if isinstance(window, CategoryCounts):
            _add_shares(figure, levels, window.counts, window.new_rows, _("window"))
    figure.update_layout(xaxis_title=escaped(feature))
    return figure


def performance_over_time(
    windows: Sequence[tuple[datetime, Sequence[Mapping[str, Any]]]], reference: Mapping[str, float]
) -> go.Figure:
    """One line a metric with its interval; `reference` values as dotted lines of the same name."""
    figure = go.Figure()
    shown = windows[-POINTS:]
    metrics = dict.fromkeys(one["metric"] for _start, figures in shown for one in figures)
    for metric in metrics:
        points = [(start, one) for start, figures in shown for one in figures if one["metric"] == metric]
        starts = [moment(start) for start, _one in points]
        figure.add_scatter(
            x=starts,
            y=[one["value"] for _start, one in points],
            error_y={
                "array": [_reach(one["high"], one["value"]) for _start, one in points],
                "arrayminus": [_reach(one["value"], one["low"]) for _start, one in points],
                "thickness": 1,
            },
            mode="lines+markers",
            name=escaped(metric_name(metric)),
        )
        if metric in reference:
            figure.add_hline(y=reference[metric], line_dash="dot", line_color=COLOURS["reference"])
    return figure


def _reach(upper: float | None, lower: float | None) -> float:
    return 0.0 if upper is None or lower is None else max(upper - lower, 0.0)


def _add_density(figure: go.Figure, reference: NumberBaseline, counts: np.ndarray, name: str) -> None:
    """Shares of thirty equal bins over the central range; the outermost hold what lies beyond."""
    reach = reference.high - reference.low or reference.scale
    cuts = np.linspace(reference.low - 0.02 * reach, reference.high + 0.02 * reach, LEVELS + 1)
    upper = np.append(reference.edges, np.inf)
    lower = np.append(-np.inf, reference.edges)
    middles = np.clip((lower + upper) / 2, cuts[0], cuts[-1])
    shares, _edges = np.histogram(middles, bins=cuts, weights=counts / max(int(counts.sum()), 1))
    centres = (cuts[:-1] + cuts[1:]) / 2
    figure.add_scatter(
        x=centres.tolist(), y=shares.tolist(), mode="lines", line_shape="hvh", fill="tozeroy",
        name=name,
    )  # fmt: skip


def _add_shares(figure: go.Figure, levels: list[str], counts: np.ndarray, unkept: int, name: str) -> None:
    """One bar a level and a last one for all the others, new ones among them."""
    total = max(int(counts.sum()) + unkept, 1)
    rest = int(counts[len(levels) :].sum()) + unkept
    shares = [*(counts[: len(levels)] / total).tolist(), rest / total]
    figure.add_bar(x=[*levels, _("(other)")], y=shares, name=name)


def _names(results: Sequence[WindowResult]) -> list[str]:
    return list(dict.fromkeys(f.name for result in results for f in result.features))
