import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.experiments import splitting
from apps.experiments.splitting import SplitRefused

KEYS = st.lists(st.text(max_size=12), min_size=1, max_size=40)


def mask(keys, share=0.2, salt="s"):
    return splitting.held_out_mask(np.array(keys, dtype=object), share=share, salt=salt)


@given(KEYS, KEYS)
@settings(max_examples=60, deadline=None)
def test_a_later_version_moves_no_row_to_the_other_side(first, added):
    before, after = mask(first), mask(added + first)
    assert list(after[len(added) :]) == list(before)


@given(KEYS)
@settings(max_examples=60, deadline=None)
def test_a_larger_share_keeps_every_row_that_was_held_out(keys):
    assert not (mask(keys, 0.2) & ~mask(keys, 0.5)).any()


@given(KEYS)
@settings(max_examples=30, deadline=None)
def test_no_key_is_on_both_sides(keys):
    keys = np.array(keys * 2, dtype=object)
    held_out = mask(keys)
    assert splitting.overlap(keys[~held_out], keys[held_out]) == 0


def test_the_side_of_a_row_is_the_same_on_every_machine():
    assert mask([f"key {number}" for number in range(12)], 0.5).tolist() == PINNED


def test_the_share_is_kept():
    assert mask([str(number) for number in range(20_000)]).mean() == pytest.approx(0.2, abs=0.01)


def test_a_row_has_one_key_whatever_the_order_and_the_number_type():
    first = pa.table({"a": [1, 2], "b": ["x", None], "c": [1.5, float("nan")]})
    second = pa.table({"c": [1.5, None], "b": ["x", None], "a": [1.0, 2.0]})
    assert list(splitting.row_keys(first)) == list(splitting.row_keys(second))


def test_different_rows_have_different_keys():
    table = pa.table({"a": ["x", "xy", None, ""], "b": ["yz", "z", "", None]})
    assert len(set(splitting.row_keys(table))) == 4


def test_the_column_of_a_value_matters_for_the_key():
    one = splitting.row_keys(pa.table({"a": [1], "b": [2]}))
    assert one[0] != splitting.row_keys(pa.table({"a": [2], "b": [1]}))[0]


def test_a_named_key_column_is_the_key():
    table = pa.table({"id": [12345678901, 2], "b": [1, 2]})
    assert list(splitting.row_keys(table, ["id"])) == ["12345678901", "2"]


@pytest.mark.parametrize("column", [pa.array(["a", None]), None])
def test_a_key_column_with_gaps_or_that_is_not_there_is_refused(column):
    table = pa.table({"id": column} if column is not None else {"b": [1]})
    with pytest.raises(SplitRefused, match="key column"):
        splitting.row_keys(table, ["id"])


def test_the_latest_rows_are_held_out_and_ties_stay_together():
    times = np.array([5, 1, 4, 4, 2, 3, 9])
    known = np.array([True] * 6 + [False])
    held_out = splitting.by_time(times, known, share=0.4)
    assert list(np.flatnonzero(held_out)) == [0, 2, 3]


def test_one_moment_alone_cannot_be_split():
    with pytest.raises(SplitRefused, match="two different times"):
        splitting.by_time(np.array([3, 3]), np.array([True, True]), share=0.5)


def test_class_shares_are_told_for_both_sides():
    labels = np.array(["a", "a", "b", "b"], dtype=object)
    facts = splitting.side_facts(np.array([True, False, True, False]), labels)
    assert facts["held_out"].classes == {"a": 0.5, "b": 0.5}
    assert facts["training"].rows == 2


def test_too_few_rows_of_a_class_are_refused():
    labels = np.array(["a"] * 96 + ["b"] * 4, dtype=object)
    with pytest.raises(SplitRefused, match="rows of the class “b”"):
        splitting.require_enough(np.arange(100) < 50, labels)


def test_too_few_rows_on_a_side_are_refused():
    with pytest.raises(SplitRefused, match="held-out part has 3 rows"):
        splitting.require_enough(np.arange(100) < 3, None)


PINNED = [False, True, False, False, False, False, False, False, True, False, False, True]
