"""The profile's figures are those of pandas, NumPy and SciPy on the same values."""

import json
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from apps.core.said import plain, said
from apps.datasets import level_counts, ordered_statistics, repeated_rows
from apps.datasets.differences import Change, difference
from apps.datasets.profile_document import QUANTILES, DatasetProfile
from apps.datasets.profiling import profile
from apps.datasets.schema import ColumnKind

REAL = [
    "german_credit/germancredit.csv",
    "adult/adult.csv",
    "bank_marketing/bank-additional-full.csv",
]


@pytest.fixture
def profiled(tmp_path: Path):
    def profiling(columns: dict, **types: pa.DataType) -> DatasetProfile:
        path = tmp_path / "p.parquet"
        arrays = {name: pa.array(cells, types.get(name)) for name, cells in columns.items()}
        pq.write_table(pa.table(arrays), path)
        return profile(path)

    return profiling


def assert_like_pandas(column, values: pd.Series) -> None:
    present = values.dropna()
    assert column.count == len(present)
    assert column.missing == values.isna().sum()
    assert column.distinct == present.nunique()
    assert column.min == present.min()
    assert column.max == present.max()
    assert column.mean == pytest.approx(present.mean(), rel=1e-9, abs=1e-9)
    if len(present) > 1:
        assert column.std == pytest.approx(present.std(), rel=1e-9, abs=1e-9)
    expected = np.quantile(present.to_numpy(float), QUANTILES)
    found = [column.quantiles[str(share)] for share in QUANTILES]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    assert sum(column.histogram.counts) == len(present)


def assert_outliers_like_scipy(column, values: pd.Series) -> None:
    x = values.dropna().to_numpy(float)
    low, high = np.quantile(x, [0.25, 0.75])
    reach = 1.5 * stats.iqr(x)
    assert column.outliers_iqr.count == ((x < low - reach) | (x > high + reach)).sum()
    mad = stats.median_abs_deviation(x)
    if mad == 0:
        assert column.outliers_robust_z is None
        return
    far = np.abs(x - np.median(x)) / (1.4826 * mad) > 3.5
    assert column.outliers_robust_z.count == far.sum()
    assert column.outliers_robust_z.share == pytest.approx(far.mean())


@pytest.mark.real_data
@pytest.mark.parametrize("file", REAL)
def test_real_data_has_the_figures_that_pandas_finds(real_data, read, out, file):
    read(real_data / file)
    frame = pd.read_parquet(out)
    found = profile(out)

    assert found.rows == len(frame)
    assert found.duplicate_rows == frame.duplicated().sum()
    numbers = frame.select_dtypes("number")
    for name in numbers:
        assert_like_pandas(found.column(name), frame[name])
        assert_outliers_like_scipy(found.column(name), frame[name])
        counts, _ = np.histogram(frame[name], bins=20)
        # A value on an edge may fall to either side: edges are rounded.
        assert np.abs(np.cumsum(found.column(name).histogram.counts) - np.cumsum(counts)).max() <= (
            frame[name].value_counts().max()
        )
    r = numbers.corr()
    assert len(found.correlations) == len(numbers.columns) * (len(numbers.columns) - 1) // 2
    for pair in found.correlations:
        assert pair.r == pytest.approx(r.loc[pair.first, pair.second], abs=1e-9)


@pytest.mark.real_data
def test_adult_has_its_24_duplicates_and_missing_values(real_data, read, out):
    read(real_data / "adult/adult.csv")
    found = profile(out)
    assert found.duplicate_rows == 24
    missing = [found.column(name).missing for name in ("workclass", "occupation", "native-country")]
    assert missing == [1_836, 1_843, 583]


@pytest.mark.real_data
@pytest.mark.parametrize("file", REAL)
def test_top_values_and_levels_are_the_most_frequent(real_data, read, out, file):
    read(real_data / file)
    frame = pd.read_parquet(out)
    for column in profile(out).columns:
        counts = frame[column.name].astype(str)[frame[column.name].notna()].value_counts()
        assert [times for _, times in column.top] == counts.head(20).tolist()
        assert all(counts[_like(text, counts.index)] == times for text, times in column.top)
        if column.kind is ColumnKind.CATEGORY:
            assert column.levels == counts.to_dict()


def _like(text, index):
    return text if text in index else str(float(text))


@pytest.mark.real_data
def test_class_balance_of_bank_marketing(real_data, read, out):
    read(real_data / "bank_marketing/bank-additional-full.csv")
    balance = profile(out).column("y").balance
    assert balance.shares["yes"] == pytest.approx(4_640 / 41_188)
    assert balance.is_imbalanced


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.one_of(st.none(), st.floats(-1e6, 1e6).map(lambda x: round(x, 3))),
        min_size=1,
        max_size=60,
    ).filter(lambda cells: any(cell is not None for cell in cells))
)
def test_any_numbers_have_the_figures_that_pandas_finds(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("p") / "p.parquet"
    pq.write_table(pa.table({"x": pa.array(cells, pa.float64())}), path)
    column = profile(path).column("x")
    values = pd.Series(cells, dtype=float)
    assert_like_pandas(column, values)
    x = values.dropna().to_numpy()
    ordered = np.sort(x)
    assert ordered_statistics.median_absolute_deviation(ordered, float(np.median(x))) == (
        pytest.approx(stats.median_abs_deviation(x), rel=1e-9, abs=1e-9)
    )


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.sampled_from(["a", "b", ""])),
            st.one_of(st.none(), st.integers(0, 2)),
            st.booleans(),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_duplicate_rows_are_those_of_pandas(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("p") / "p.parquet"
    frame = pd.DataFrame(rows, columns=["text", "number", "flag"]).astype({"number": "Int64"})
    frame.to_parquet(path)
    assert repeated_rows.duplicate_rows(path) == frame.duplicated().sum()


def test_many_duplicates_are_counted_by_two_hashes_alike(tmp_path, monkeypatch):
    path = tmp_path / "p.parquet"
    frame = pd.DataFrame({"a": np.arange(3_000) % 700, "b": ["x", "y", None] * 1_000})
    frame.to_parquet(path)
    monkeypatch.setattr(repeated_rows, "MOST_COMPARED", 10)
    assert repeated_rows.duplicate_rows(path) == frame.duplicated().sum()


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(*[st.one_of(st.none(), st.floats(-1e4, 1e4).map(lambda x: round(x, 2)))] * 3),
        min_size=3,
        max_size=40,
    )
)
def test_correlations_with_gaps_are_those_of_pandas(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("p") / "p.parquet"
    frame = pd.DataFrame(rows, columns=["a", "b", "c"], dtype=float)
    frame.to_parquet(path)
    for pair in profile(path).correlations:
        both = frame[[pair.first, pair.second]].dropna()
        assert pair.count == len(both)
        if both.std().min() > 1e-3:
            r = np.corrcoef(both[pair.first], both[pair.second])[0, 1]
            assert pair.r == pytest.approx(r, abs=1e-6)


def test_a_profile_survives_json(profiled):
    found = profiled(
        {
            "number": [1.0, None, float("nan"), float("inf"), 2.0],
            "text": ["a", "b", None, "a", "c"],
            "flag": [True, False, None, True, True],
            "day": [date(2020, 1, 1), None, date(2021, 1, 1), date(2020, 6, 1), date(2020, 6, 1)],
            "time": [datetime(2020, 1, 1, 12, 30)] * 5,  # noqa: DTZ001
            "nothing": pa.nulls(5, pa.float64()),
        }
    )
    again = DatasetProfile.from_json(json.loads(json.dumps(plain(found.as_json()), allow_nan=False)))
    assert again == found


def test_nan_is_missing_and_infinity_is_counted_apart(profiled):
    column = profiled({"x": [1.0, float("nan"), None, float("inf"), -float("inf"), 3.0]}).column("x")
    assert (column.count, column.missing, column.infinite) == (2, 2, 2)
    assert (column.mean, column.min, column.max) == (2.0, 1.0, 3.0)


def test_dates_and_times_are_told_in_iso_form(profiled):
    days = [date(1969, 7, 20), date(2020, 2, 29), date(2020, 3, 1)]
    column = profiled({"day": days}).column("day")
    assert (column.min, column.max) == ("1969-07-20", "2020-03-01")
    assert column.quantiles["0.5"] == "2020-02-29"
    assert column.mean is None


def test_large_integers_keep_every_digit(profiled):
    column = profiled({"x": [2**62 + 1, 2**62 + 2, 2**62 + 2]}).column("x")
    assert (column.min, column.max, column.distinct) == (2**62 + 1, 2**62 + 2, 2)


def test_no_rows_and_no_values_are_no_error(profiled):
    empty = profiled({"x": pa.array([], pa.float64()), "s": pa.array([], pa.string())})
    assert (empty.rows, empty.duplicate_rows) == (0, 0)
    nothing = profiled({"x": pa.nulls(3, pa.float64()), "s": pa.nulls(3, pa.string())})
    assert nothing.column("x").mean is None
    assert nothing.notes[1:] == (
        said("datasets.no_values", column="x"),
        said("datasets.no_values", column="s"),
    )


def test_constants_keys_and_twins_are_noted(profiled):
    found = profiled(
        {
            "one": [7] * 200,
            "nearly": [1] * 199 + [2],
            "key": list(range(200)),
            "twin": [3.0 * n + 1 for n in range(200)],
        }
    )
    assert found.column("one").is_constant
    assert found.column("nearly").is_near_constant
    assert found.column("key").is_key_candidate
    assert not found.column("twin").is_key_candidate
    assert any("“key” and “twin” say nearly the same" in str(note) for note in found.notes)


def test_names_that_are_prefixes_or_hold_quotes_are_kept_apart(profiled):
    found = profiled({'a"b': [1, 2], "a": [5, 6], "a.b": ["x", "y"], "a.b.c": [8, 9]})
    assert [column.min for column in found.columns] == [1, 5, None, 8]


def test_beyond_the_exact_limit_figures_are_close_and_marked(profiled, monkeypatch):
    values = np.random.default_rng(1).lognormal(3, 1, 200_000)
    monkeypatch.setattr(ordered_statistics, "EXACT_VALUES", 20_000)
    column = profiled({"x": values}).column("x")
    assert not column.is_exact
    assert column.mean == pytest.approx(values.mean())
    assert column.max == values.max()
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        rank = (values <= column.quantiles[str(share)]).mean()
        assert rank == pytest.approx(share, abs=0.001)


def test_beyond_the_counting_limit_frequent_texts_stay_right(profiled, monkeypatch):
    monkeypatch.setattr(level_counts, "MOST_COUNTED", 2_000)
    monkeypatch.setattr(level_counts, "KEPT", 500)
    column = profiled({"s": ["often"] * 5_000 + [f"id {n}" for n in range(20_000)]}).column("s")
    assert not column.is_exact
    assert column.top[0] == ("often", 5_000)
    assert column.distinct == pytest.approx(20_001, rel=0.1)
    assert column.count == 25_000


def test_a_difference_names_what_came_went_and_moved(profiled):
    before = profiled({"x": list(range(100)), "s": ["a", "b"] * 50, "gone": [1] * 100})
    after = profiled({"x": [n + 50 for n in range(100)], "s": ["a", "c", "c", None] * 25, "new": [1] * 100})

    found = {entry.name: entry for entry in difference(before, after)}

    assert list(found) == ["x", "s", "new", "gone"]
    assert found["new"].change is Change.ADDED
    assert found["gone"].change is Change.REMOVED
    assert found["x"].median_shift == pytest.approx(50 / 49.5)
    assert found["s"].new_levels == ("c",)
    assert found["s"].new_levels_share == pytest.approx(50 / 75)
    assert found["s"].lost_levels == ("b",)
    assert found["s"].missing_share_after == 0.25
    json.dumps([entry.as_json() for entry in found.values()], allow_nan=False)


def test_the_same_data_make_no_difference(profiled):
    columns = {"x": [1, 2, 3, None], "s": ["a", "b", "a", "b"]}
    found = difference(profiled(columns), profiled(columns))
    assert {entry.change for entry in found} == {Change.SAME}


def test_another_type_is_a_difference(profiled):
    found = difference(profiled({"x": [1, 2]}), profiled({"x": ["1", "2"]}))
    assert found[0].change is Change.RETYPED
    assert found[0].quantiles is None
