"""The oracle is a table worked by hand: two groups of 100 and 200 people and one of 10."""

import numpy as np
import pytest
from scipy.stats import binomtest
from scipy.stats.contingency import relative_risk

from apps.experiments import fairness


def people(group, tp, fp, fn, tn):
    observed = [True] * tp + [False] * fp + [True] * fn + [False] * tn
    decided = [True] * (tp + fp) + [False] * (fn + tn)
    return [group] * len(observed), observed, decided


def table(*parts):
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return columns[0].astype(object), columns[1], columns[2]


# a: 200 people, 120 observed, 100 decided for (90 rightly); b: 100, 50, 30 (25); c: 10
GROUPS, OBSERVED, DECIDED = table(
    people("a", 90, 10, 30, 70), people("b", 25, 5, 25, 45), people("c", 5, 0, 0, 5)
)


@pytest.fixture
def measured():
    found = fairness.measure("group", GROUPS, OBSERVED, DECIDED, reference=None)
    return found, {one.group: one for one in found.groups}


def test_the_rates_are_those_of_the_table(measured):
    b = measured[1]["b"]
    assert (b.n, b.observed_rate.value, b.selection_rate.value) == (100, 0.5, 0.3)
    assert (b.tpr.value, b.fpr.value) == (0.5, 0.1)
    assert b.precision.value == pytest.approx(25 / 30)


def test_the_comparisons_are_those_of_the_table(measured):
    found, groups = measured
    assert found.reference == "a"
    assert groups["b"].dpl == pytest.approx(0.6 - 0.5)
    assert groups["b"].dppl == pytest.approx(0.5 - 0.3)
    assert groups["b"].di == pytest.approx(0.3 / 0.5)
    assert groups["b"].rd == pytest.approx(0.75 - 0.5)


def test_below_four_fifths_is_flagged_and_a_small_group_gets_no_verdict(measured):
    found, groups = measured
    assert found.four_fifths is True
    assert [groups[name].verdict for name in "abc"] == [
        "reference",
        "below_four_fifths",
        "too_few",
    ]


def test_an_interval_over_four_fifths_is_uncertain_not_fair():
    groups, observed, decided = table(people("a", 20, 20, 5, 5), people("b", 19, 18, 7, 6))
    found = fairness.measure("group", groups, observed, decided, reference="a")
    assert found.groups[1].verdict == "uncertain"


def test_nothing_is_said_where_no_group_is_large_enough():
    groups, observed, decided = table(people("a", 5, 5, 5, 5), people("b", 5, 5, 5, 5))
    found = fairness.measure("group", groups, observed, decided, reference=None)
    assert found.four_fifths is None
    assert "nothing can be said" in str(found.sentence)


@pytest.mark.parametrize(("hits", "of"), [(0, 12), (7, 12), (12, 12), (450, 1000)])
def test_the_wilson_interval_is_scipys(hits, of):
    theirs = binomtest(hits, of).proportion_ci(method="wilson")
    assert fairness.rate(hits, of).interval == pytest.approx(tuple(theirs), abs=1e-9)


def test_the_impact_interval_is_scipys():
    ratio, span = fairness.impact(fairness.rate(30, 100), fairness.rate(100, 200))
    theirs = relative_risk(30, 100, 100, 200).confidence_interval()
    assert ratio == pytest.approx(0.6)
    assert span == pytest.approx(tuple(theirs), rel=1e-9)


def test_the_difference_interval_is_newcombes_example():
    # Newcombe (1998), table II, 56/70 against 48/80, method 10: 0.0524 to 0.3339
    gap, span = fairness.difference(fairness.rate(56, 70), fairness.rate(48, 80))
    assert gap == pytest.approx(0.2)
    assert span == pytest.approx((0.0524, 0.3339), abs=5e-5)
