import json
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.monitoring import baselines, quantiles
from apps.monitoring.baselines import Baseline
from tests.monitoring import made


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_a_baseline_counts_every_row_in_its_bins(rng):
    values = rng.lognormal(size=5_000).astype(np.float32)

    amount = made.baseline(amount=values).columns["amount"]

    expected = np.searchsorted(np.sort(values), amount.edges, side="right")
    assert np.array_equal(np.cumsum(amount.counts)[:-1], expected)
    assert amount.n == 5_000
    assert amount.counts[0] == amount.counts[-1] == 0
    assert amount.sums.sum() == pytest.approx(values.sum(dtype=np.float64), rel=1e-6)
    assert amount.mean == pytest.approx(values.mean(), rel=1e-5)
    assert amount.std == pytest.approx(values.std(), rel=1e-4)


def test_the_deciles_of_a_continuous_number_hold_a_tenth_each(rng):
    amount = made.baseline(amount=rng.normal(size=10_000)).columns["amount"]

    assert amount.decile_counts(amount.counts).tolist() == pytest.approx([1_000] * 10, abs=1)


def test_few_distinct_values_get_a_bin_each():
    dice = made.baseline(dice=np.tile(np.arange(1, 7), 100)).columns["dice"]

    assert dice.counts[1:-1].tolist() == [100] * 6


def test_one_sentinel_does_not_ruin_bins_or_scale(rng):
    values = np.append(rng.normal(size=9_999), 1e9)

    column = made.baseline(x=values).columns["x"]

    assert column.scale == pytest.approx(1, abs=0.05)
    assert column.decile_counts(column.counts).tolist() == pytest.approx([1_000] * 10, abs=2)


def test_a_file_gives_the_same_baseline_as_its_columns_in_memory(rng, tmp_path):
    columns = {
        "x": pa.array(rng.normal(size=3_000), mask=rng.random(3_000) < 0.1),
        "job": pa.array(rng.choice(["a", "b", "c"], 3_000), mask=rng.random(3_000) < 0.1),
        "prediction.score": pa.array(rng.random(3_000)),
    }
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet", row_group_size=700)
    signature = made.signature(x="number", job="category")

    from_file = baselines.build(tmp_path / "rows.parquet", signature)
    from_memory = baselines.build(columns, signature)

    assert from_file.columns["x"].counts.tolist() == from_memory.columns["x"].counts.tolist()
    assert from_file.columns["job"].levels == from_memory.columns["job"].levels
    assert from_file.columns["prediction.score"].role == "output"
    assert from_file.rows == 3_000


def test_a_sample_of_many_rows_keeps_the_quantiles(rng, monkeypatch):
    monkeypatch.setattr(quantiles, "SAMPLE", 5_000)
    values = rng.normal(size=400_000)

    column = made.baseline(x=values).columns["x"]

    assert column.n == 400_000
    shares = column.decile_counts(column.counts) / 400_000
    assert shares.tolist() == pytest.approx([0.1] * 10, abs=0.01)
    assert column.edges[-1] == np.float32(values.max())


def test_json_brings_back_the_same_baseline(rng):
    baseline = made.baseline(x=rng.normal(size=2_000), n=rng.integers(0, 5, 2_000), job=["a", "b"] * 1_000)

    again = Baseline.from_json(json.loads(json.dumps(baseline.as_json())))

    assert again.digest == baseline.digest
    assert np.array_equal(again.columns["x"].edges, baseline.columns["x"].edges)
    assert again.columns["x"].edges.dtype == np.float32


def test_the_digest_changes_with_a_single_row(rng):
    values = rng.normal(size=500)

    assert made.baseline(x=values).digest != made.baseline(x=np.append(values[1:], 0)).digest


@pytest.mark.parametrize(
    ("values", "levels", "missing"),
    [
        ([True, False, None, True], {"true": 2, "false": 1}, 1),
        (["a", "", None, "(missing)"], {"a": 1}, 3),
        ([1.0, 2.0, float("nan"), 1.0], {"1": 2, "2": 1}, 1),
        ([1, 2, 2], {"1": 1, "2": 2}, 0),
        ([datetime(2024, 1, 1, tzinfo=UTC), None], {"2024-01-01 00:00:00.000000Z": 1}, 1),
    ],
)
def test_a_category_reads_its_levels_as_the_model_does(values, levels, missing):
    baseline = baselines.build({"c": values}, made.signature(c="category"))

    column = baseline.columns["c"]
    assert dict(zip(column.levels, column.counts.tolist(), strict=True)) == levels
    assert column.missing == missing


@pytest.mark.parametrize(
    ("values", "n", "missing", "invalid"),
    [
        ([True, False, None], 2, 1, 0),
        (["1", " 2.5e3 ", "three", None, ""], 2, 2, 1),
        ([1.0, float("inf"), float("-inf"), float("nan")], 1, 1, 2),
        ([Decimal("1.5"), None], 1, 1, 0),
        ([datetime(2024, 1, 1, tzinfo=UTC), None], 1, 1, 0),
        ([1, "two", None, 3.5], 2, 1, 1),
        ([[1], [2], None], 0, 1, 2),
        (np.array([1, 2, 3], dtype=np.float32).reshape(-1, 1), 3, 0, 0),
    ],
)
def test_a_number_column_counts_what_is_missing_and_what_is_no_number(values, n, missing, invalid):
    baseline = baselines.build({"x": values}, made.signature(x="number"))

    column = baseline.columns["x"]
    assert (column.n, column.missing, column.invalid) == (n, missing, invalid)


def test_the_rarest_of_very_many_levels_are_counted_as_other(monkeypatch):
    monkeypatch.setattr(baselines, "LEVELS", 2)

    column = made.baseline(c=["a", "a", "a", "b", "b", "c", "d"]).columns["c"]

    assert column.levels == ("a", "b")
    assert column.other == 2
    assert column.unseen_share == pytest.approx(2 / 7)


def test_a_missing_column_no_rows_and_foreign_predictions_are_refused():
    signature = made.signature(x="number")
    with pytest.raises(ValueError, match="“x” is missing"):
        baselines.build({"y": [1.0]}, signature)
    with pytest.raises(ValueError, match="needs rows"):
        baselines.build({"x": []}, signature)
    with pytest.raises(ValueError, match="not of the same rows"):
        baselines.build({"x": [1.0, 2.0]}, signature, {baselines.SCORE: [0.5]})


@pytest.mark.parametrize(
    ("task", "outputs"),
    [
        ("binary", {baselines.SCORE: [0.1, 0.9], baselines.PREDICTED_CLASS: ["no", "yes"]}),
        ("multiclass", {baselines.PREDICTED_CLASS: ["a", "c"]}),
        ("regression", {baselines.PREDICTED_VALUE: [1.5, 2.5]}),
    ],
)
def test_the_outputs_of_each_task_are_part_of_the_baseline(task, outputs):
    baseline = baselines.build({"x": [1, 2]}, made.signature(task, x="number"), outputs)

    assert {c.name for c in baseline.columns.values() if c.role == "output"} == set(outputs)
