"""Traffic, latency and probes of an endpoint, as charts."""

from collections.abc import Sequence
from datetime import datetime

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from apps.core import charts
from apps.core.charts import Chart, ChartTable
from apps.deployments.models import ProbeResult, TrafficSample


def traffic(samples: Sequence[TrafficSample]) -> Chart:
    """Requests and errors of each ten seconds with traffic, oldest first."""
    at = [charts.moment(sample.at) for sample in samples]
    figure = go.Figure(
        layout=charts.layout(
            yaxis={"title": {"text": _("per 10 s")}, "rangemode": "tozero"}, barmode="overlay"
        )
    )
    figure.add_bar(
        x=at,
        y=[sample.requests for sample in samples],
        name=_("Requests"),
        marker_color=charts.COLOURS["current"],
    )
    figure.add_bar(
        x=at, y=[sample.errors for sample in samples], name=_("Errors"), marker_color=charts.COLOURS["bad"]
    )
    rows = [[charts.moment(sample.at), sample.requests, sample.errors] for sample in samples]
    return charts.figure_json(
        figure,
        title=_("Traffic"),
        chart_id="traffic",
        height=220,
        table=ChartTable([_("Time"), _("Requests"), _("Errors")], rows),
    )


def latency(samples: Sequence[TrafficSample]) -> Chart:
    measured = [(sample.at, sample.p95_ms) for sample in samples if sample.p95_ms is not None]
    return _line(measured, _("Latency, 95 % within"), "latency")


def probes(results: Sequence[ProbeResult]) -> Chart:
    """How long known predictions took, oldest first; failures stand at zero."""
    figure = go.Figure(layout=charts.layout(yaxis={"title": {"text": "ms"}, "rangemode": "tozero"}))
    well = [one for one in results if one.succeeded]
    badly = [one for one in results if not one.succeeded]
    figure.add_scatter(
        x=[charts.moment(one.at) for one in well],
        y=[one.latency_ms for one in well],
        name=_("Answered"),
        mode="lines+markers",
        marker_color=charts.COLOURS["ok"],
    )
    figure.add_scatter(
        x=[charts.moment(one.at) for one in badly],
        y=[0] * len(badly),
        name=_("Failed"),
        mode="markers",
        marker={"color": charts.COLOURS["bad"], "symbol": "x", "size": 10},
    )
    rows = [[charts.moment(one.at), one.latency_ms, str(one.message)] for one in results]
    return charts.figure_json(
        figure,
        title=_("Known predictions, asked every minute"),
        chart_id="probes",
        height=220,
        table=ChartTable([_("Time"), _("Milliseconds"), _("What was wrong")], rows),
    )


def _line(points: Sequence[tuple[datetime, float]], title: str, chart_id: str) -> Chart:
    figure = go.Figure(layout=charts.layout(yaxis={"title": {"text": "ms"}, "rangemode": "tozero"}))
    figure.add_scatter(
        x=[charts.moment(at) for at, _value in points],
        y=[value for _at, value in points],
        mode="lines" if len(points) > 60 else "lines+markers",
        name="p95",
        marker_color=charts.COLOURS["current"],
    )
    return charts.figure_json(
        figure,
        title=title,
        chart_id=chart_id,
        height=220,
        table=ChartTable(
            [_("Time"), _("Milliseconds")], [[charts.moment(at), value] for at, value in points]
        ),
    )
