"""How a model's main metric went over its versions."""

from collections.abc import Sequence

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from apps.core.charts import COLOURS, Chart, ChartTable, figure_json, layout, plain
from apps.registry.model_cards import Measured


def metric_trend(metric: str, points: Sequence[Measured]) -> Chart:
    """Each version's metric on its own held-out rows, with its 95 % interval."""
    names = [f"v{point.number}" for point in points]
    values = [point.value for point in points]
    figure = go.Figure(layout=layout(xaxis=_axis(_("Version"), type="category"), yaxis=_axis(metric)))
    figure.add_scatter(
        x=names,
        y=values,
        mode="lines+markers",
        name=metric,
        line={"color": COLOURS["current"]},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [point.high - point.value for point in points],
            "arrayminus": [point.value - point.low for point in points],
            "color": COLOURS["quiet"],
        },
    )
    table = ChartTable(
        [_("Version"), metric, _("95 % from"), _("to"), _("Rows")],
        [
            [name, point.value, point.low, point.high, point.rows]
            for name, point in zip(names, points, strict=True)
        ],
    )
    return figure_json(
        figure,
        title=_("%(metric)s over the versions") % {"metric": metric},
        chart_id="metric-trend",
        table=table,
        note=_("Each version was measured on its own held-out rows; whiskers are 95 % intervals."),
        height=260,
    )


def _axis(title: str, **more: str) -> dict[str, object]:
    return {"title": {"text": plain(title), "standoff": 12}, "automargin": True, **more}
