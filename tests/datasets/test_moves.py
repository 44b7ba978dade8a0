"""How far columns moved, on profiles of drawn rows: what has moved is named, what has not is not."""

from collections import Counter

import numpy as np
import pytest

from apps.datasets import moves
from apps.datasets.column_kinds import ColumnKind
from apps.datasets.ordered_statistics import BINS, TOP
from apps.datasets.profile_document import QUANTILES, ColumnProfile, Histogram


def numbers(values, bins=BINS):
    """A profile's part of them, as ordered_statistics makes it."""
    counts, edges = np.histogram(values, bins)
    top = Counter(values.tolist()).most_common(TOP)
    return ColumnProfile(
        "x",
        ColumnKind.NUMBER,
        len(values),
        0,
        len(set(values.tolist())),
        histogram=Histogram([float(edge) for edge in edges], [int(count) for count in counts]),
        quantiles={str(p): float(np.quantile(values, p)) for p in QUANTILES},
        top=tuple((str(value), times) for value, times in top),
    )


def levels(**counts):
    return ColumnProfile("c", ColumnKind.CATEGORY, sum(counts.values()), 0, len(counts), levels=counts)


def gaps(missing, rows=1000):
    return ColumnProfile("x", ColumnKind.NUMBER, rows - missing, missing, rows)


def test_a_shift_is_as_large_as_the_distributions_say():
    rng = np.random.default_rng(1)
    before, after = rng.normal(0, 1, 20_000), rng.normal(0.5, 1, 20_000)

    move = moves.of_values(numbers(before), numbers(after), columns=1)

    # Two normal distributions half a deviation apart: twice Φ(0.25), less one.
    assert move.distance == pytest.approx(0.1974, abs=0.02)
    assert move.is_real


def test_two_samples_of_one_distribution_rarely_count_as_moved():
    rng = np.random.default_rng(2)
    found = [
        moves.of_values(numbers(rng.normal(size=800)), numbers(rng.normal(size=1200)), columns=1).is_real
        for _n in range(300)
    ]

    assert sum(found) <= 0.05 * 300


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, rows: rng.exponential(5, rows),
        lambda rng, rows: np.round(np.exp(rng.normal(8, 0.8, rows)), -1),
        lambda rng, rows: rng.poisson(0.9, rows).astype(float),
        lambda rng, rows: rng.integers(18, 85, rows).astype(float),
    ],
    ids=["skewed", "rounded", "few values", "whole numbers"],
)
def test_bins_that_lie_elsewhere_are_no_move(draw):
    rng = np.random.default_rng(4)
    found = [
        moves.of_values(numbers(draw(rng, 1200)), numbers(draw(rng, 2400)), columns=20).is_real
        for _n in range(100)
    ]

    assert sum(found) <= 1


def test_a_column_of_whole_numbers_that_moved_is_told():
    rng = np.random.default_rng(5)
    before, after = rng.integers(18, 60, 2000), rng.integers(30, 85, 2000)

    assert moves.of_values(numbers(before * 1.0), numbers(after * 1.0), columns=20).is_real


def test_two_samples_of_the_same_levels_rarely_count_as_moved():
    rng = np.random.default_rng(3)

    def drawn(rows):
        return levels(
            **{f"l{i}": int(n) for i, n in enumerate(rng.multinomial(rows, [0.5, 0.3, 0.15, 0.05]))}
        )

    assert sum(moves.of_values(drawn(700), drawn(900), columns=1).is_real for _n in range(300)) <= 0.05 * 300


def test_levels_move_by_the_share_that_changed_sides():
    move = moves.of_values(levels(a=900, b=100), levels(a=800, b=150, c=50), columns=20)

    assert move.distance == pytest.approx(0.1)
    assert move.is_real


def test_a_sure_but_tiny_move_is_not_told():
    assert not moves.of_values(
        levels(a=5_000_000, b=5_000_000), levels(a=5_050_000, b=4_950_000), columns=1
    ).is_real


@pytest.mark.parametrize(("missing", "is_real"), [(20, False), (200, True)])
def test_more_gaps_count_as_a_move(missing, is_real):
    assert moves.of_missing(gaps(10), gaps(missing), columns=20).is_real is is_real


def test_texts_dates_and_empty_columns_are_not_held_against_each_other():
    text = ColumnProfile("t", ColumnKind.TEXT, 5, 0, 5)
    dates = ColumnProfile(
        "d", ColumnKind.DATE, 5, 0, 5, histogram=Histogram(["2024-01-01", "2024-02-01"], [5])
    )
    for column in (text, dates, gaps(1000)):
        assert moves.of_values(column, column, columns=1) is None
        assert moves.side_by_side(column, column) is None


def test_the_two_pictures_stand_on_the_same_bins_and_levels():
    assert moves.side_by_side(levels(a=1, b=5), levels(a=7, c=2)) == ([5, 1, 0], [0, 7, 2])

    before, after = moves.side_by_side(numbers(np.arange(0, 100.0)), numbers(np.arange(50, 150.0)))

    assert len(before) == len(after) == moves.BINS
    assert before[-1] == after[0] == 0
    assert sum(before) == pytest.approx(100, abs=6)
