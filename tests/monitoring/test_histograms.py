from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.monitoring import histograms, tally
from apps.monitoring.histograms import OtherBaseline, WindowCounts
from tests.monitoring import made


@pytest.fixture
def baseline():
    rng = np.random.default_rng(2)
    return made.baseline(x=rng.normal(size=2_000), job=rng.choice(["a", "b"], 2_000))


def test_hours_add_up_to_the_day(baseline):
    rng = np.random.default_rng(3)
    x, job = rng.normal(1, 3, 1_000), rng.choice(["a", "b", "new"], 1_000)
    day = histograms.count({"x": x, "job": job}, baseline)

    hours = [
        histograms.count({"x": x[start : start + 100], "job": job[start : start + 100]}, baseline)
        for start in range(0, 1_000, 100)
    ]
    added = histograms.total(hours, baseline)

    assert added.rows == day.rows == 1_000
    assert added.columns["x"].counts.tolist() == day.columns["x"].counts.tolist()
    assert added.columns["x"].sums == pytest.approx(day.columns["x"].sums)
    assert added.columns["x"].maximum == day.columns["x"].maximum
    assert added.columns["job"].new == day.columns["job"].new == {"new": int((job == "new").sum())}


def test_bytes_bring_back_the_same_counts_and_are_small(baseline):
    window = histograms.count({"x": [1.0, None, 99.0], "job": ["a", "c", None]}, baseline)

    data = window.as_bytes()
    again = WindowCounts.from_bytes(data)

    assert len(data) < 1_000
    assert again.columns["x"].counts.tolist() == window.columns["x"].counts.tolist()
    assert again.columns["job"].new == {"c": 1}
    assert (again + window).rows == 6


def test_counts_on_other_bins_are_not_added(baseline):
    other = made.baseline(x=[1.0, 2.0], job=["a", "b"])

    with pytest.raises(OtherBaseline):
        histograms.count({"x": [1.0]}, baseline) + histograms.count({"x": [1.0]}, other)


def test_values_outside_the_reference_are_under_and_overflow(baseline):
    x = histograms.count({"x": [-99.0, 99.0, 99.0]}, baseline).columns["x"]

    assert (x.counts[0], x.counts[-1], x.minimum, x.maximum) == (1, 2, -99, 99)


def test_what_was_float64_in_training_and_float32_in_capture_meets_the_same_bin():
    tenths = np.arange(1, 10) / 10
    baseline = made.baseline(x=np.repeat(tenths, 50))

    captured = histograms.count({"x": np.repeat(tenths.astype(np.float32), 50)}, baseline)

    reference = baseline.columns["x"].counts
    assert captured.columns["x"].counts.tolist() == reference.tolist()


def test_missing_and_extra_columns_are_noted(baseline):
    window = histograms.count({"x": [1.0, 2.0], "added": [1, 2], "id": ["p", "q"]}, baseline, ignore=["id"])

    assert window.absent == {"job": 2}
    assert window.extra == {"added"}


def test_zero_rows_count_nothing(baseline):
    window = histograms.count({"x": [], "job": []}, baseline)

    assert (window.rows, window.columns["x"].n, window.absent) == (0, 0, {})


def test_the_times_of_a_window_are_kept(baseline):
    times = [datetime(2024, 5, day, tzinfo=UTC) for day in (3, 1, 2)]
    columns = {"x": [1.0] * 3, "job": ["a"] * 3, "at": times}

    window = histograms.count(columns, baseline, time_column="at")

    assert window.first == int(min(times).timestamp() * 1e6)
    assert window.last == int(max(times).timestamp() * 1e6)
    assert window.extra == frozenset()


def test_only_the_commonest_new_levels_keep_their_names(baseline):
    levels = [f"level {number}" for number in range(200)] + ["often"] * 5

    job = histograms.count({"job": levels}, baseline).columns["job"]

    assert len(job.new) == tally.NEW_LEVELS
    assert job.new["often"] == 5
    assert job.new_rows == 205


def test_a_parquet_file_is_counted_as_its_columns_are(baseline, tmp_path):
    rng = np.random.default_rng(4)
    columns = {
        "x": pa.array(rng.normal(size=999)),
        "job": pa.array(["a", None, "c"] * 333).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), tmp_path / "w.parquet", row_group_size=100)

    from_file = histograms.count(tmp_path / "w.parquet", baseline)
    from_memory = histograms.count(columns, baseline)

    for name in columns:
        one, other = from_file.columns[name], from_memory.columns[name]
        assert one.counts.tolist() == other.counts.tolist()
        assert one.missing == other.missing
