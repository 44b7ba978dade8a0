from datetime import UTC, datetime, timedelta

import numpy as np
import plotly.graph_objects as go
import pytest

from apps.monitoring import charts, drift, histograms
from apps.monitoring.drift import WindowResult
from tests.monitoring import made

START = datetime(2024, 1, 1, tzinfo=UTC)
NASTY = "a<b>&$x$"


@pytest.fixture
def baseline():
    rng = np.random.default_rng(40)
    return made.baseline(**{NASTY: rng.normal(size=1_000), "job": [NASTY, "b"] * 500})


@pytest.fixture
def counts(baseline):
    rng = np.random.default_rng(41)
    columns = {NASTY: rng.normal(1, size=500), "job": [NASTY, "new"] * 250}
    return histograms.count(columns, baseline)


def results(baseline, counts, windows):
    features = tuple(drift.compare(baseline, counts))
    day = timedelta(days=1)
    return [WindowResult(START + k * day, START + (k + 1) * day, features) for k in range(windows)]


def figures(baseline, counts, windows=3):
    """All of them as Plotly's classes, which take nothing that the drawing library does not know."""
    shown = results(baseline, counts, windows)
    return [
        go.Figure(charts.drift_timeline(shown)),
        go.Figure(charts.feature_heatmap(shown)),
        go.Figure(charts.drift_by_importance(shown[0].features, {NASTY: 0.7})),
        charts.feature_overlay(baseline, counts, NASTY),
        charts.feature_overlay(baseline, counts, "job"),
    ]


def test_no_label_reaches_plotly_as_markup(baseline, counts):
    for figure in figures(baseline, counts):
        text = figure.to_json()
        assert NASTY not in text
        assert "a<b" not in text


def test_no_trace_has_more_than_two_thousand_points(baseline, counts):
    for figure in figures(baseline, counts, windows=2_500):
        for trace in figure.data:
            assert np.size(trace.z if trace.type == "heatmap" else trace.x) <= 2_000


def test_the_timeline_has_a_line_a_column_in_units_of_the_threshold(baseline, counts):
    lines = charts.drift_timeline(results(baseline, counts, 3))["data"]

    assert len(lines) == 2
    assert min(lines[0]["y"]) > 1


def test_columns_that_never_reach_their_threshold_stand_behind_and_below(baseline):
    rng = np.random.default_rng(42)
    moved = histograms.count({NASTY: rng.normal(1, size=500), "job": [NASTY, "b"] * 250}, baseline)
    shown = results(baseline, moved, 3)

    (quiet, loud), [heatmap] = charts.drift_timeline(shown)["data"], charts.feature_heatmap(shown)["data"]

    assert (quiet["showlegend"], loud["showlegend"]) == (False, True)
    assert max(quiet["y"]) < 1 < min(loud["y"])
    assert heatmap["y"][-1] == loud["name"]


def test_the_overlay_shows_both_samples_as_shares(baseline, counts):
    for name in (NASTY, "job"):
        figure = charts.feature_overlay(baseline, counts, name)
        assert [trace.name for trace in figure.data] == ["training", "window"]
        assert [sum(trace.y) for trace in figure.data] == pytest.approx([1, 1])


def test_new_levels_are_shown_as_other(baseline, counts):
    window = charts.feature_overlay(baseline, counts, "job").data[1]

    assert window.y[window.x.index("(other)")] == pytest.approx(0.5)


def test_a_column_that_the_window_lacks_is_drawn_from_training_alone(baseline):
    empty = histograms.count({"job": []}, baseline)

    figure = charts.feature_overlay(baseline, empty, NASTY)

    assert [trace.name for trace in figure.data] == ["training"]


def test_windows_without_a_verdict_are_gaps(baseline):
    few = histograms.count({"job": ["b"]}, baseline)
    shown = [WindowResult(START, START + timedelta(days=1), tuple(drift.compare(baseline, few)))]

    assert charts.feature_heatmap(shown)["data"][0]["z"] == [[None], [None]]
