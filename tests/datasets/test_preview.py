"""A page shows exactly the rows asked for, as text, and reads no more row groups than it must."""

from datetime import date, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.datasets import preview


@pytest.fixture
def grouped(tmp_path):
    path = tmp_path / "g.parquet"
    pq.write_table(pa.table({"n": list(range(95)), "s": [f"t{n}" for n in range(95)]}), path, 10)
    return path


@pytest.mark.parametrize("offset", [0, 7, 10, 19, 88, 94, 95, 1_000])
@pytest.mark.parametrize("limit", [0, 1, 10, 25, 200])
def test_a_page_is_a_slice_of_the_rows(grouped, offset, limit):
    expected = [[str(n), f"t{n}"] for n in range(95)][offset : offset + limit]
    assert preview.page(grouped, offset, limit) == expected


def test_only_the_row_groups_of_the_page_are_read(grouped, monkeypatch):
    seen = []
    whole = pq.ParquetFile.read_row_groups
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_groups",
        lambda self, groups: seen.extend(groups) or whole(self, groups),
    )
    preview.page(grouped, 38, 5)
    assert seen == [3, 4]


def test_every_kind_of_cell_is_text_and_missing_is_none(tmp_path):
    path = tmp_path / "k.parquet"
    cells = {
        "flag": [True, None],
        "number": [0.1, None],
        "day": [date(2020, 1, 2), None],
        "time": [datetime(2020, 1, 2, 3, 4, 5), None],  # noqa: DTZ001
        "text": ["<b>", None],
    }
    pq.write_table(pa.table(cells), path)
    assert preview.page(path, 0, 2) == [
        ["true", "0.1", "2020-01-02", "2020-01-02 03:04:05", "<b>"],
        [None] * 5,
    ]


def test_a_page_has_a_greatest_length(grouped, monkeypatch):
    monkeypatch.setattr(preview, "MOST_ROWS", 20)
    assert len(preview.page(grouped, 0, 10**9)) == 20


def test_negative_places_are_refused(grouped):
    with pytest.raises(ValueError, match="negative"):
        preview.page(grouped, -1, 5)


def test_single_columns_come_alone_and_unknown_ones_are_named(grouped):
    frame = preview.column_values(grouped, ["s"])
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"s": [f"t{n}" for n in range(95)]}))
    with pytest.raises(KeyError, match="other"):
        preview.column_values(grouped, ["other"])
