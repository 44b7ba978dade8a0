import json
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from apps.monitoring import baselines, drift, histograms, metrics, noise
from apps.monitoring.drift import FeatureDrift
from apps.monitoring.histograms import OtherBaseline
from apps.monitoring.metrics import DriftSettings
from tests.monitoring import made


@pytest.fixture
def rng():
    return np.random.default_rng(20)


def alarm_rate(rng, *, n, m, windows, naive=False, columns=8, shift=0.0):
    """Share of windows with any alarm; half of the columns are categories without a shift."""
    alarms = 0
    for _ in range(windows // 10):
        reference = made.baseline(**drawn(rng, n, columns))
        for _ in range(10):
            found = made.compared(reference, **drawn(rng, m, columns, shift)).values()
            alarms += any(is_alarm(feature, naive=naive) for feature in found)
    return alarms / (windows // 10 * 10)


def drawn(rng, rows, columns, shift=0.0):
    numbers = {f"n{k}": rng.normal(shift if k == 0 else 0, size=rows) for k in range(columns // 2)}
    levels = {f"c{k}": rng.choice(list("abcdefgh"), rows) for k in range(columns // 2)}
    return numbers | levels


def is_alarm(feature, *, naive):
    if naive:
        return any(value.decides and value.value >= 0.1 for value in feature.metrics)
    return feature.verdict == "drifted"


@pytest.mark.parametrize(("n", "m"), [(200, 200), (1_000, 200), (5_000, 1_000)])
def test_windows_without_drift_raise_almost_no_alarm(rng, n, m):
    assert alarm_rate(rng, n=n, m=m, windows=100) <= 0.02


def test_plain_thresholds_raise_alarms_about_nothing(rng):
    assert alarm_rate(rng, n=200, m=200, windows=50, naive=True) > 0.9


def test_a_shift_of_a_third_of_a_deviation_is_found_in_a_thousand_rows(rng):
    assert alarm_rate(rng, n=5_000, m=1_000, windows=50, shift=0.3) > 0.9


def test_the_noise_quantiles_are_those_of_drawn_samples(rng):
    n, m, alpha = 1_000, 500, 0.05
    over = dict.fromkeys(metrics.NUMBER_METRICS, 0)
    settings = DriftSettings(alpha=alpha, thresholds=dict.fromkeys(metrics.THRESHOLDS, 0.0))
    for _ in range(100):
        reference = made.baseline(x=rng.normal(size=n))
        for _ in range(4):
            found = made.compared(reference, settings, x=rng.normal(size=m))["x"]
            for name in over:
                over[name] += found.metric(name).is_breached
    assert all(0.015 <= count / 400 <= 0.085 for count in over.values()), over


def test_psi_noise_is_the_closed_form():
    """16.92 (1/n + 1/m) for ten bins, and a little for sparse bins on top."""
    assert noise.population_stability_index(200, 200, 10, 0.05) == pytest.approx(0.169, rel=0.07)
    assert noise.population_stability_index(10_000, 500, 10, 0.05) == pytest.approx(0.036, rel=0.04)


def test_the_effective_threshold_is_never_below_the_policy(rng):
    reference = made.baseline(x=rng.normal(size=50_000))

    found = made.compared(reference, x=rng.normal(size=50_000))["x"]

    distance = found.metric(metrics.WASSERSTEIN)
    assert distance.effective_threshold == distance.policy_threshold == 0.1


def test_too_few_rows_give_no_verdict(rng):
    found = made.compared(made.baseline(x=rng.normal(size=500)), x=[9.0] * 50)

    assert found["x"].verdict == "not_enough_data"
    assert drift.overall(list(found.values())).verdict == "not_enough_data"


def test_an_all_null_column_has_no_verdict_but_a_fault(rng):
    reference = made.baseline(x=rng.normal(size=500), c=["a", "b"] * 250)

    found = made.compared(reference, x=pa.nulls(200, pa.float64()), c=pa.nulls(200, pa.string()))

    assert {feature.verdict for feature in found.values()} == {"not_enough_data"}
    assert drift.overall(list(found.values())).faulty == ("x", "c")


def test_zero_rows_are_not_enough_data(rng):
    found = made.compared(made.baseline(x=rng.normal(size=500)), x=[])

    assert found["x"].verdict == "not_enough_data"


def test_a_missing_column_is_named_so(rng):
    reference = made.baseline(x=rng.normal(size=500), y=rng.normal(size=500))

    found = made.compared(reference, x=rng.normal(size=500))

    assert (found["x"].verdict, found["y"].verdict) == ("stable", "missing_column")
    assert drift.overall(list(found.values())).faulty == ("y",)


@pytest.mark.parametrize(("now", "verdict"), [(5.0, "stable"), (6.0, "drifted"), (4.0, "drifted")])
def test_a_constant_reference_notices_another_value(now, verdict):
    settings = DriftSettings(number_metrics=(metrics.WASSERSTEIN, metrics.JENSEN_SHANNON))

    found = made.compared(made.baseline(x=[5.0] * 500), settings, x=[now] * 500)

    assert found["x"].verdict == verdict
    assert found["x"].metric(metrics.PSI).is_breached == (verdict == "drifted")


def test_a_reference_without_values_gives_no_verdict():
    reference = made.baseline(x=np.full(500, np.nan))

    assert made.compared(reference, x=[1.0] * 500)["x"].verdict == "not_enough_data"


def test_booleans_are_compared_as_levels():
    reference = made.baseline(b=[True, False] * 500)

    assert made.compared(reference, b=[True, False] * 200)["b"].verdict == "stable"
    assert made.compared(reference, b=[True] * 400)["b"].verdict == "drifted"


def test_one_new_level_in_ten_thousand_rows_is_no_drift():
    levels = ["a", "b"] * 5_000
    reference = made.baseline(c=levels * 10)

    found = made.compared(reference, c=["new", *levels[1:]])["c"]

    assert found.verdict == "stable"
    assert found.metric(metrics.CHI_SQUARED).p_value > 0.5
    assert found.new_levels == {"new": 1}


def test_a_new_level_in_a_tenth_of_the_rows_is_drift(rng):
    reference = made.baseline(c=rng.choice(["a", "b"], 5_000))

    found = made.compared(reference, c=["new"] * 100 + ["a", "b"] * 450)["c"]

    assert found.verdict == "drifted"
    assert metrics.OUT_OF_BOUNDS in {fault.name for fault in found.faults}


def test_chi_squared_decides_by_its_adjusted_p_value(rng):
    settings = DriftSettings(category_metrics=(metrics.CHI_SQUARED,))
    reference = made.baseline(**{f"c{k}": rng.choice(["a", "b"], 5_000) for k in range(5)})
    alike = {f"c{k}": rng.choice(["a", "b"], 1_000) for k in range(4)}

    found = made.compared(reference, settings, **alike, c4=["a"] * 700 + ["b"] * 300)

    assert [name for name, feature in found.items() if feature.verdict == "drifted"] == ["c4"]
    for feature in found.values():
        test = feature.metric(metrics.CHI_SQUARED)
        assert (feature.q_value <= 0.01) == test.is_breached
        assert feature.q_value >= test.p_value


def test_a_column_may_have_its_own_threshold(rng):
    reference = made.baseline(x=rng.normal(size=20_000))
    settings = DriftSettings(column_thresholds={"x": {metrics.WASSERSTEIN: 0.5}})

    shifted = rng.normal(0.3, size=5_000)

    assert made.compared(reference, x=shifted)["x"].verdict == "drifted"
    assert made.compared(reference, settings, x=shifted)["x"].verdict == "stable"


def test_only_the_chosen_columns_are_compared(rng):
    reference = made.baseline(x=rng.normal(size=500), y=rng.normal(size=500))

    found = made.compared(reference, DriftSettings(columns=("y",)), y=rng.normal(size=500))

    assert list(found) == ["y"]


def test_counts_on_other_bins_are_not_compared(rng):
    reference, other = made.baseline(x=rng.normal(size=500)), made.baseline(x=rng.normal(size=500))

    with pytest.raises(OtherBaseline):
        drift.compare(reference, histograms.count({"x": [1.0]}, other))


def test_json_brings_back_the_same_result(rng):
    reference = made.baseline(x=rng.normal(size=500), c=["a", "b"] * 250)
    found = made.compared(reference, x=rng.normal(1, size=500), c=["a", "z"] * 250)

    for feature in found.values():
        again = FeatureDrift.from_json(json.loads(json.dumps(feature.as_json())))
        assert again == feature


def test_a_timestamp_that_a_model_takes_as_a_number_is_compared(rng):
    def times(day):
        return [datetime(2024, 1, day, hour, tzinfo=UTC) for hour in range(24)] * 10

    reference = baselines.build({"at": times(1)}, made.signature(at="number"))
    assert made.compared(reference, at=times(1))["at"].verdict == "stable"
    assert made.compared(reference, at=times(20))["at"].verdict == "drifted"
