"""The distances against scipy, and PSI against a table done by hand."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from apps.monitoring import distances, metrics
from tests.monitoring import made


def figures(reference, current):
    found = made.compared(made.baseline(x=reference), x=current)["x"]
    return {value.name: value for value in found.metrics}


def test_psi_is_that_of_the_table():
    # shares 0.5 0.3 0.2 against 0.4 0.4 0.2: -0.1 ln 0.8 + 0.1 ln(4/3) + 0
    table = -0.1 * math.log(0.8) + 0.1 * math.log(4 / 3)

    psi = distances.population_stability_index(np.array([50, 30, 20]), np.array([40, 40, 20]))

    assert psi == pytest.approx(table, rel=1e-12)


def test_an_empty_bin_counts_as_half_a_row_or_the_floor():
    small = distances.population_stability_index(np.array([50, 50]), np.array([100, 0]))
    assert small == pytest.approx(0.5 * math.log(2) + 0.495 * math.log(100))

    large = distances.population_stability_index(np.array([500_000, 500_000]), np.array([1_000_000, 0]))
    assert large == pytest.approx(0.5 * math.log(2) + 0.4999 * math.log(5_000))


def test_jensen_shannon_agrees_with_scipy():
    rng = np.random.default_rng(5)
    for _ in range(20):
        p, q = rng.integers(0, 50, 12) + (np.arange(12) == 0), rng.integers(1, 50, 12)
        assert distances.jensen_shannon_distance(p, q) == pytest.approx(jensenshannon(p, q, base=2))


def test_chi_squared_agrees_with_scipy():
    rng = np.random.default_rng(6)
    for _ in range(20):
        p, q = rng.integers(1, 50, 5), rng.integers(1, 50, 5)
        expected = stats.chi2_contingency([p, q], correction=False)
        assert distances.chi_squared(p, q) == pytest.approx((expected.statistic, expected.pvalue))


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.5, 2.0])
@pytest.mark.parametrize("kind", ["normal", "lognormal", "discrete"])
def test_binned_distances_agree_with_scipy_on_rows_to_two_thousandths(kind, shift):
    rng = np.random.default_rng(7)
    draw = {
        "normal": lambda: rng.normal(size=20_000),
        "lognormal": lambda: rng.lognormal(sigma=0.7, size=20_000),
        "discrete": lambda: rng.poisson(4, size=20_000).astype(float),
    }[kind]
    reference, current = draw(), draw() + shift

    found = figures(reference, current)

    scale = made.baseline(x=reference).columns["x"].scale
    exact = stats.wasserstein_distance(reference, current) / scale
    ks = stats.ks_2samp(reference, current, method="asymp")
    assert found[metrics.WASSERSTEIN].value == pytest.approx(exact, abs=2e-3, rel=2e-3)
    assert found[metrics.KOLMOGOROV_SMIRNOV].value == pytest.approx(ks.statistic, abs=2e-3)
    p_value = found[metrics.KOLMOGOROV_SMIRNOV].p_value
    assert p_value >= ks.pvalue * 0.9 or ks.pvalue < 1e-6


def test_one_sentinel_in_the_baseline_hides_no_shift():
    rng = np.random.default_rng(8)
    reference = np.append(rng.normal(size=10_000), 1e9)

    found = figures(reference, rng.normal(0.5, size=10_000))

    assert found[metrics.KOLMOGOROV_SMIRNOV].value == pytest.approx(0.197, abs=0.02)
    assert found[metrics.WASSERSTEIN].value == pytest.approx(0.5, abs=0.06)


def test_one_sentinel_in_the_window_is_no_drift():
    rng = np.random.default_rng(9)
    current = np.append(rng.normal(size=5_000), 1e9)

    found = made.compared(made.baseline(x=rng.normal(size=5_000)), x=current)["x"]

    assert found.verdict == "stable"


def test_a_quarter_more_of_a_heavy_tailed_amount_shows_in_psi():
    rng = np.random.default_rng(10)
    reference = rng.lognormal(sigma=1.5, size=50_000)

    found = figures(reference, rng.lognormal(sigma=1.5, size=50_000) * 1.25)

    # A shift of ln 1.25 / 1.5 standard deviations of the logarithm: PSI ≈ 0.149² = 0.022.
    assert found[metrics.PSI].value == pytest.approx(0.022, abs=0.006)


def test_pooling_keeps_all_rows_and_leaves_cells_with_enough():
    p, q = np.array([100, 50, 1, 1, 1]), np.array([90, 60, 0, 2, 1])

    pooled_p, pooled_q = distances.pooled(p, q)

    assert pooled_p.sum() == 153
    assert pooled_q.sum() == 153
    assert len(pooled_p) == 2


def test_benjamini_hochberg_agrees_with_scipy():
    rng = np.random.default_rng(11)
    p_values = rng.random(30).tolist()

    assert distances.benjamini_hochberg(p_values) == pytest.approx(stats.false_discovery_control(p_values))
    assert distances.benjamini_hochberg([]) == []
