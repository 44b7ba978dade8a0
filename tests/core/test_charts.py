import json

import numpy as np
import plotly.graph_objects as go
import pytest
from django.template.loader import render_to_string

from apps.core import charts


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("$E=mc^2$", "&#36;E=mc^2&#36;"),
        ("R&D", "R&amp;D"),
        ("%{y}", "%\u200b{y}"),
    ],
)
def test_names_from_data_are_plain_labels(name, label):
    assert charts.plain(name) == label
    assert charts.plain(label) == label


def test_names_inside_a_figure_are_escaped_and_templates_are_not():
    trace = go.Bar(x=["<a href='x'>"], y=[1], name="$n$", hovertemplate="<b>%{y}</b>")
    drawing = charts.figure_json(go.Figure(trace), title="T").figure["data"][0]
    assert drawing["x"] == ["&lt;a href='x'&gt;"]
    assert drawing["name"] == "&#36;n&#36;"
    assert drawing["hovertemplate"] == "<b>%{y}</b>"


def test_a_missing_value_is_null_for_the_browser():
    chart = charts.figure_json(go.Figure(go.Scatter(x=[1, 2], y=[None, float("nan")])), title="T")
    assert "NaN" not in json.dumps(chart.figure)


def test_long_lines_are_thinned_and_keep_their_peaks():
    values = np.zeros(50_000)
    values[12_345], values[40_001] = 99.0, -99.0
    figure = go.Figure(go.Scatter(x=np.arange(50_000), y=values))
    charts.figure_json(figure, title="T")
    kept = figure.data[0]
    assert len(kept.x) == len(kept.y) <= charts.MAX_POINTS
    assert (max(kept.y), min(kept.y)) == (99.0, -99.0)
    assert 12_345 in list(kept.x)


def test_a_short_line_is_left_as_it_is():
    assert charts.kept_points([1.0, 2.0, 3.0]) == [0, 1, 2]


def test_a_line_of_gaps_is_thinned_too():
    assert len(charts.kept_points([None] * 5_000)) <= charts.MAX_POINTS


def test_a_figure_brings_no_theme_of_its_own():
    figure = go.Figure(layout=charts.layout())
    assert "template" not in charts.figure_json(figure, title="T").figure["layout"]


def test_the_part_carries_figure_and_table_without_a_script_of_its_own():
    table = charts.ChartTable(["<x>", "y"], [(1, 2.5)])
    chart = charts.figure_json(go.Figure(go.Bar(x=["</script>"], y=[1])), title="Rows & more", table=table)
    part = render_to_string("ui/_chart.html", {"chart": chart})
    assert "Rows &amp; more" in part
    assert "&lt;x&gt;" in part
    assert part.count("<script") == 1
    assert 'type="application/json"' in part
