"""One manner for every chart: no theme, no colours of its own, names escaped, a table behind it."""

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import plotly.graph_objects as go
from django.utils import timezone
from django.utils.text import slugify

MAX_POINTS: Final = 2_000

# The page's own tokens: static/js/charts.js puts the theme's colours in their place.
COLOURS: Final = {
    "reference": "var(--chart-reference)",
    "current": "var(--chart-current)",
    "ok": "var(--chart-ok)",
    "warn": "var(--chart-warn)",
    "bad": "var(--chart-bad)",
    "quiet": "var(--chart-quiet)",
    "band": "var(--chart-band)",
}

_LINES: Final = frozenset({"scatter", "scattergl"})
_PARALLEL: Final = ("x", "y", "text", "customdata", "hovertext")
_SHOWN: Final = frozenset(
    {"name", "x", "y", "text", "hovertext", "customdata", "labels", "ticktext", "legendgroup"}
)
_MARKUP: Final = {"<": "&lt;", ">": "&gt;", "$": "&#36;"}
_AMPERSAND: Final = re.compile(r"&(?!(?:amp|lt|gt|#36);)")


Drawing = dict[str, Any]
"""
A figure as Plotly's own JSON: {"data": [traces], "layout": {…}}. Plotly's classes look at each
value, which is most of the time of a page with thousands of them; tests do that instead.
"""


@dataclass(frozen=True, slots=True)
class ChartTable:
    """What the chart shows, as rows, for those who read or copy numbers."""

    headers: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Chart:
    """What `ui/_chart.html` draws. `id` is unique on the page."""

    id: str
    title: str
    figure: dict[str, Any] = field(repr=False)
    table: ChartTable | None = None
    note: str = ""
    height: int = 320

    @property
    def json_id(self) -> str:
        return f"{self.id}-data"

    @property
    def size(self) -> str:
        """The class that gives the chart its height before it is drawn."""
        return "short" if self.height <= 220 else "tall" if self.height >= 420 else "medium"


def plain(text: object) -> str:
    """
    A name from data as a label: Plotly reads <b>, <a> and entities, and TeX between dollars.

    Applying it twice changes nothing. `figure_json` does it for data and trace names; code that
    puts a name into a title, an annotation or a hover template does it itself.
    """
    escaped = _AMPERSAND.sub("&amp;", str(text))
    for mark, entity in _MARKUP.items():
        escaped = escaped.replace(mark, entity)
    return escaped.replace("%{", "%\u200b{")


def moment(at: datetime) -> str:
    """A moment on an axis, in the reader's zone; Plotly does not look at offsets."""
    return timezone.localtime(at).replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")


def layout(**more: Any) -> dict[str, Any]:
    """The layout every chart starts from; colours and fonts come from the page."""
    return {
        "template": "none",
        "margin": {"l": 48, "r": 16, "t": 16, "b": 40},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "xaxis": axis(),
        "yaxis": axis(),
        "bargap": 0.08,
    } | more


def axis(title: str = "") -> dict[str, Any]:
    return {"automargin": True, "zeroline": False, "title": {"text": title, "standoff": 12}}


def figure_json(
    figure: go.Figure | Drawing,
    *,
    title: str,
    chart_id: str = "",
    table: ChartTable | None = None,
    note: str = "",
    height: int = 320,
) -> Chart:
    """
    Make a figure ready for the page.

    Lines and clouds of more than 2,000 points are thinned so that every bucket keeps its smallest
    and largest value. The title stands above the chart as text, never inside the drawing.
    """
    for trace in figure["data"]:
        _thin(trace)
    drawing = json.loads(figure.to_json()) if isinstance(figure, go.Figure) else figure
    shown = {
        "data": [_escaped(trace) for trace in drawing["data"]],
        "layout": {part: value for part, value in drawing["layout"].items() if part != "template"},
    }
    return Chart(chart_id or f"chart-{slugify(title)}", title, shown, table, note, height)


def kept_points(values: Sequence[float | None], limit: int = MAX_POINTS) -> list[int]:
    """
    Positions that draw the same line with at most `limit` points.

    The series is cut into limit/2 buckets of equal length; each keeps the positions of its
    smallest and largest value (the min-max rule: no peak is lost).
    """
    if len(values) <= limit:
        return list(range(len(values)))
    buckets = limit // 2
    edges = [round(i * len(values) / buckets) for i in range(buckets + 1)]
    kept: set[int] = set()
    for start, stop in itertools.pairwise(edges):
        # NaN is not itself
        bucket = {i: v for i in range(start, stop) if (v := values[i]) is not None and v == v}
        kept |= (
            {min(bucket, key=bucket.__getitem__), max(bucket, key=bucket.__getitem__)} if bucket else {start}
        )
    return sorted(kept)


def _thin(trace: Any) -> None:
    values = _column(trace, "y")
    if trace["type"] not in _LINES or values is None or len(values) <= MAX_POINTS:
        return
    length = len(values)
    kept = kept_points([_number(value) for value in values])
    for name in _PARALLEL:
        column = _column(trace, name)
        if column is None or isinstance(column, str) or len(column) != length:
            continue
        is_plain = isinstance(column, list | tuple)
        trace[name] = [column[i] for i in kept] if is_plain else column[kept]


def _column(trace: Any, name: str) -> Any:
    """Of a trace as Plotly's JSON, or as its class."""
    return trace.get(name) if isinstance(trace, dict) else getattr(trace, name, None)


def _number(value: object) -> float | None:
    """numpy's scalars as Python's; what is no number cannot be the largest."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _escaped(trace: dict[str, Any]) -> dict[str, Any]:
    return {key: _plain_deep(value) if key in _SHOWN else value for key, value in trace.items()}


def _plain_deep(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    return [_plain_deep(item) for item in value] if isinstance(value, list) else value
