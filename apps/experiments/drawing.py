"""The charts of trainings, from what their reports say."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from apps.core import charts, metric_words
from apps.core.charts import COLOURS, Chart, ChartTable
from apps.experiments.leaderboard import Row

MOST_BARS = 20


def curves(report: dict[str, Any]) -> list[Chart]:
    """What fits the task: ROC, precision against recall, calibration, or residuals."""
    found = report["held_out"]["curves"]
    draws = {"roc": roc, "precision_recall": precision_recall, "calibration": calibration}
    drawn = [draw(found[name]) for name, draw in draws.items() if name in found]
    if "residuals" in found:
        drawn += [residuals(found["residuals"]), residual_histogram(found["residuals"]["histogram"])]
    return drawn


def roc(curve: dict[str, Any]) -> Chart:
    figure = _line(curve["fpr"], curve["tpr"], _("this model"))
    _diagonal(figure, _("guessing"))
    _axes(figure, _("false positive rate"), _("true positive rate"))
    table = ChartTable(
        [_("false positive rate"), _("true positive rate")], _pairs(curve["fpr"], curve["tpr"])
    )
    return charts.figure_json(figure, title=_("ROC curve"), chart_id="chart-roc", table=table)


def precision_recall(curve: dict[str, Any]) -> Chart:
    figure = _line(curve["recall"], curve["precision"], _("this model"))
    _axes(figure, _("recall"), _("precision"))
    table = ChartTable([_("recall"), _("precision")], _pairs(curve["recall"], curve["precision"]))
    return charts.figure_json(figure, title=_("Precision and recall"), chart_id="chart-pr", table=table)


def calibration(curve: dict[str, Any]) -> Chart:
    figure = _line(curve["predicted"], curve["observed"], _("this model"), mode="lines+markers")
    _diagonal(figure, _("perfectly calibrated"))
    _axes(figure, _("mean predicted probability"), _("observed share"))
    return charts.figure_json(
        figure,
        title=_("Calibration"),
        chart_id="chart-calibration",
        table=ChartTable(
            [_("mean predicted probability"), _("observed share"), _("rows")],
            list(zip(curve["predicted"], curve["observed"], curve["counts"], strict=True)),
        ),
        note=_("Ten bins of equally many rows; expected calibration error %(ece).3f.")
        % {"ece": curve["ece"]},
    )


def residuals(found: dict[str, Any]) -> Chart:
    predicted, truth = found["predicted"], found["truth"]
    figure = go.Figure(layout=charts.layout(hovermode="closest"))
    figure.add_scatter(
        x=predicted,
        y=truth,
        mode="markers",
        name=_("held-out rows"),
        marker={"color": COLOURS["current"], "size": 5},
    )
    ends = [min([*predicted, *truth]), max([*predicted, *truth])]
    figure.add_scatter(x=ends, y=ends, mode="lines", name=_("perfect"), line=_dashed())
    _axes(figure, _("predicted"), _("true"))
    table = ChartTable([_("predicted"), _("true")], _pairs(predicted, truth))
    return charts.figure_json(figure, title=_("Predicted and true"), chart_id="chart-residuals", table=table)


def residual_histogram(found: dict[str, Any]) -> Chart:
    edges, counts = found["edges"], found["counts"]
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    figure = go.Figure(layout=charts.layout(showlegend=False))
    figure.add_bar(x=middles, y=counts, name=_("rows"), marker={"color": COLOURS["current"]})
    _axes(figure, _("true minus predicted"), _("rows"))
    table = ChartTable([_("true minus predicted"), _("rows")], _pairs(middles, counts))
    return charts.figure_json(figure, title=_("Residuals"), chart_id="chart-residual-histogram", table=table)


def importance(report: dict[str, Any]) -> Chart | None:
    """The features that the model leans on most, as bars."""
    found = report["held_out"]["importance"][:MOST_BARS]
    if not found:
        return None
    names, means = [one["feature"] for one in found], [one["mean"] for one in found]
    figure = go.Figure(layout=charts.layout(showlegend=False, hovermode="closest"))
    figure.add_bar(
        x=means[::-1],
        y=names[::-1],
        orientation="h",
        name=_("importance"),
        error_x={"type": "data", "array": [one["std"] for one in found][::-1]},
        marker={"color": COLOURS["current"]},
    )
    _axes(figure, _("loss of %(metric)s") % {"metric": metric_words.word(report["held_out"]["metric"])}, "")
    return charts.figure_json(
        figure,
        title=_("What matters to the model"),
        chart_id="chart-importance",
        table=ChartTable(
            [_("feature"), _("importance"), _("standard deviation")],
            [(one["feature"], one["mean"], one["std"]) for one in found],
        ),
        note=_("How much worse the metric gets on held-out rows when the column is shuffled, mean of three."),
        height=480 if len(found) > 10 else 320,
    )


def trend(rows: Sequence[Row]) -> Chart | None:
    """The main metric from run to run with its interval; None with fewer than two runs to compare."""
    metric = next((row.metric for row in rows if row.value is not None), "")
    known = sorted((row for row in rows if row.metric == metric and row.value is not None), key=_number)
    if len(known) < 2:
        return None
    labels, values = [_("run %(n)s") % {"n": row.run.number} for row in known], [row.value for row in known]
    word = metric_words.word(metric)
    line = {
        "type": "scatter",
        "x": labels,
        "y": values,
        "mode": "lines+markers",
        "name": metric,
        "line": {"color": COLOURS["current"]},
        "error_y": _error_bars(known),
    }
    return charts.figure_json(
        {"data": [line], "layout": charts.layout(showlegend=False, yaxis=charts.axis(word))},
        title=_("%(metric)s from run to run") % {"metric": word},
        chart_id="chart-trend",
        table=ChartTable(
            [_("run"), word, _("low"), _("high")],
            [(row.run.number, row.value, row.low, row.high) for row in known],
        ),
        note=_("Bars are 95 % intervals on the held-out rows."),
    )


def _error_bars(rows: Sequence[Row]) -> dict[str, Any]:
    above = [row.high - row.value if row.high is not None and row.value is not None else 0 for row in rows]
    below = [row.value - row.low if row.low is not None and row.value is not None else 0 for row in rows]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below}


def _number(row: Row) -> int:
    return row.run.number


def _line(x: list[float], y: list[float], name: str, mode: str = "lines") -> go.Figure:
    figure = go.Figure(layout=charts.layout())
    figure.add_scatter(x=x, y=y, mode=mode, name=name, line={"color": COLOURS["current"], "width": 2})
    return figure


def _diagonal(figure: go.Figure, name: str) -> None:
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name=name, line=_dashed())


def _dashed() -> dict[str, Any]:
    return {"color": COLOURS["reference"], "dash": "dash", "width": 1}


def _axes(figure: go.Figure, x: str, y: str) -> None:
    figure.update_xaxes(title_text=x)
    figure.update_yaxes(title_text=y)


def _pairs(first: Sequence[Any], second: Sequence[Any]) -> list[tuple[Any, Any]]:
    return list(zip(first, second, strict=True))
