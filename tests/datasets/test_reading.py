"""CSV files of every dialect come out with the values that are in them, or with a reason."""

import json
import re
import string
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.datasets import reading
from apps.datasets.preview import page
from apps.datasets.reading import Limits, read_csv
from apps.datasets.refusals import Unreadable
from apps.datasets.schema import Schema, is_category, schema_in
from apps.datasets.value_forms import MISSING

SPECTRUM = [
    "comma_in_quotes",
    "empty",
    "empty_crlf",
    "escaped_quotes",
    "json",
    "newlines",
    "newlines_crlf",
    "quotes_and_newlines",
    "simple",
    "simple_crlf",
    "utf8",
]


def kinds(result):
    return {column.name: column.kind.value for column in result.schema.columns}


def values(path):
    return pq.read_table(path).to_pydict()


@pytest.mark.real_data
@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum_comes_out_as_its_truth_says(real_data, read, out, name):
    truth = json.loads((real_data / f"csv_spectrum/json/{name}.json").read_text(encoding="utf-8"))
    source = (real_data / f"csv_spectrum/csvs/{name}.csv").read_bytes()
    if name.endswith("_crlf") and b"\r" not in source:
        # Checkouts that turn line ends around have undone what this file is for.
        source = source.replace(b"\n", b"\r\n")

    result = read(source)

    rows = [["" if cell is None else cell for cell in row] for row in page(out, 0, 100)]
    assert [dict(zip(result.schema.names, row, strict=True)) for row in rows] == truth


@pytest.mark.real_data
def test_a_degree_sign_that_was_lost_before_stays_as_it_is(real_data, read, out):
    read(real_data / "csv_spectrum/csvs/location_coordinates.csv")
    assert page(out, 0, 1)[0][1] == "37\ufffd36'37.8\"N 121\ufffd2'17.9\"W"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "separator"),
    [
        ("german_credit/germancredit.csv", ","),
        ("adult/adult.csv", ","),
        ("bank_marketing/bank-additional-full.csv", ";"),
        ("nycflights13/weather.csv", ","),
    ],
)
def test_real_files_come_out_as_pandas_reads_them(real_data, read, out, file, separator):
    expected = pd.read_csv(real_data / file, sep=separator, keep_default_na=False, na_values=["?", "", "NA"])

    result = read(real_data / file)

    assert result.dialect.separator == separator
    frame = pq.read_table(out).to_pandas()
    for name in expected.select_dtypes("number"):
        pd.testing.assert_series_equal(frame[name], expected[name], check_dtype=False)
    for name in expected.select_dtypes(exclude="number").columns.drop("time_hour", errors="ignore"):
        assert frame[name].isna().equals(expected[name].isna())
        assert (frame[name].dropna() == expected[name].dropna()).all()


@pytest.mark.real_data
def test_question_marks_of_adult_are_missing(real_data, read, out):
    read(real_data / "adult/adult.csv")
    table = pq.read_table(out)
    names = ("workclass", "occupation", "native-country")
    counts = [table.column(name).null_count for name in names]
    assert counts == [1_836, 1_843, 583]


def test_the_same_bytes_give_the_same_parquet(read, out):
    text = "a,b\n" + "".join(f"{n},x{n % 7}\n" for n in range(5_000))
    first = (read(text).sha256, out.read_bytes())
    assert (read(text).sha256, out.read_bytes()) == first


def test_the_schema_travels_in_the_file(read, out):
    result = read("a,b,c\n1,x,1.5\n2,x,\n3,y,2\n4,y,2\n")
    assert schema_in(pq.read_schema(out)) == result.schema
    assert Schema.from_json(json.loads(json.dumps(result.schema.as_json()))) == result.schema


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_each_separator_is_found(read, separator):
    result = read(f"a{separator}b\n1{separator}x\n2{separator}y\n")
    assert result.dialect.separator == separator
    assert result.schema.names == ["a", "b"]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
    ],
)
def test_each_encoding_is_found_and_umlauts_survive(read, out, encoding, said):
    result = read("Größe;Straße\n1;Köln\n2;Jülich\n".encode(encoding))
    assert result.dialect.encoding == said
    assert values(out) == {"Größe": [1, 2], "Straße": ["Köln", "Jülich"]}


def test_utf16_of_big_endian_machines_is_read(read, out):
    read(b"\xfe\xff" + "a,b\n1,ä\n".encode("utf-16-be"))
    assert values(out) == {"a": [1], "b": ["ä"]}


def test_bytes_that_windows_1252_lacks_are_read_as_latin_1_and_it_is_said(read):
    result = read(b"a;b\n\x81;\xe4\n")
    assert result.dialect.encoding == "latin-1"
    assert "Latin-1" in str(result.notes[0])


def test_single_quotes_are_found_where_they_quote(read, out):
    result = read("a,b\n'x, y',1\n'z',2\n")
    assert result.dialect.quote == "'"
    assert values(out)["a"] == ["x, y", "z"]


def test_decimal_commas_are_read_and_said(read, out):
    result = read("a;b\n1,5;1.234,50\n-2,25;7,00\n")
    assert values(out) == {"a": [1.5, -2.25], "b": [1234.5, 7.0]}
    assert result.dialect.decimal == ","


def test_a_comma_that_may_separate_thousands_leaves_text(read, out):
    result = read("a;b\n1,500;1\n2,000;2\n")
    assert values(out)["a"] == ["1,500", "2,000"]
    assert "decimals or thousands" in str(result.notes[0])


def test_a_comma_that_another_column_explains_is_decimal(read, out):
    read("a;b\n1,500;1,25\n2,000;2,5\n")
    assert values(out)["a"] == [1.5, 2.0]


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["1", "-2", "0"], "integer", [1, -2, 0]),
        (["1", "2.5", "1e3"], "number", [1.0, 2.5, 1000.0]),
        (["true", "False", "TRUE"], "boolean", [True, False, True]),
        (["00123", "00456", "1"], "text", ["00123", "00456", "1"]),
        (["+49", "1", "2"], "text", ["+49", "1", "2"]),
        (["1", "2", "many"], "text", ["1", "2", "many"]),
        (["0x1F", "1", "2"], "text", ["0x1F", "1", "2"]),
        (["inf", "1", "2"], "text", ["inf", "1", "2"]),
        (["9223372036854775808", "1", "2"], "text", ["9223372036854775808", "1", "2"]),
        (["9007199254740993", "1.5", "2"], "text", ["9007199254740993", "1.5", "2"]),
        (["9223372036854775807", "1", "2"], "integer", [2**63 - 1, 1, 2]),
        (["31.02.2020", "1", "2"], "text", ["31.02.2020", "1", "2"]),
    ],
)
def test_kinds_lose_nothing(read, out, cells, kind, expected):
    result = read("a,b\n" + "".join(f"{cell},x\n" for cell in cells))
    assert kinds(result)["a"] == kind
    assert values(out)["a"] == expected


@pytest.mark.parametrize(
    ("cells", "kind", "first"),
    [
        (["2020-01-02", "2021-12-31"], "date", "2020-01-02"),
        (["2020-01-02 10:00", "2020-01-03 11:30:15"], "timestamp", "2020-01-02 10:00:00"),
        (["2020-01-02T10:00:00+02:00"] * 2, "timestamp", "2020-01-02 08:00:00+00:00"),
        (["31.12.2020", "1.2.2021"], "date", "2020-12-31"),
        (["12/31/2020", "01/02/2021"], "date", "2020-12-31"),
        (["31/12/2020 08:15", "01/02/2021"], "timestamp", "2020-12-31 08:15:00"),
        (["01/02/2020", "03/04/2020"], "category", "01/02/2020"),
        (["30.02.2020", "01.01.2020"], "category", "30.02.2020"),
    ],
)
def test_dates_are_read_only_where_they_are_certain(read, out, cells, kind, first):
    result = read("a,b\n" + "".join(f"{cell},x\n" for cell in cells))
    assert kinds(result)["a"] == kind
    assert str(values(out)["a"][0]) == first


def test_dates_with_the_day_first_are_said_to_be_read_so(read):
    assert "day.month.year" in str(read("a,b\n31.12.2020,1\n").notes[0])


def test_a_number_column_with_one_text_in_the_last_block_stays_text(read, out, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 1_000)
    result = read("a,b\n" + "1,2\n" * 1_000 + "oops,2\n")
    assert kinds(result) == {"a": "category", "b": "integer"}
    assert values(out)["a"][-1] == "oops"
    assert "“oops”" in str(result.notes[0])


def test_blocks_and_row_groups_do_not_change_what_is_read(read, out, monkeypatch):
    text = "a,b\n" + "".join(f'{n / 4},"line\n{n}"\n' for n in range(4_000))
    whole = (read(text), values(out))
    monkeypatch.setattr(reading, "BLOCK_BYTES", 2_000)

    assert (read(text), values(out)) == whole


def test_missing_markers_become_missing_and_none_in_lower_case_does_not(read, out):
    read("a,b\n?,none\nNA,x\nNaN,none\nnull,x\n1,none\n,x\n")
    assert values(out) == {"a": [None] * 4 + [1, None], "b": ["none", "x"] * 3}


def test_blanks_around_values_are_removed_and_it_is_said(read, out):
    result = read("a, b\n1, x\n2, ?\n")
    assert values(out) == {"a": [1, 2], "b": ["x", None]}
    assert "Blanks" in str(result.notes[0])


def test_a_column_without_values_is_said(read):
    result = read("a,b\n1,\n2,\n")
    assert kinds(result)["b"] == "text"
    assert "no values" in str(result.notes[0])


REFUSED = {
    "nothing": (b"", "empty", None),
    "blanks": (b"\n \n", "empty", None),
    "header only": (b"a,b\n", "no rows", 1),
    "one column": (b"a\n1\n2\n", "comma, semicolon, tab, pipe", 1),
    "twice": (b"a,b,a\n1,2,3\n", "“a”", 1),
    "no name": (b"a,,c\n1,2,3\n", "“2”", 1),
    "too many fields": (b'a,b\n"x\ny",2\n1,2,3\n', "Line 4 has 3 fields, but the header has 2", 4),
    "too few fields": (b"a,b\n1,2\n3\n", "Line 3 has 1 field", 3),
    "open quote": (b'a,b\n1,2\n3,"4\n5,6\n', "line 3 is never closed", 3),
    "nul": (b"a,b\n1,2\n3,\x004\n", "NUL", 3),
    "not utf-8": ("a,b\nä,1\n".encode() + b"\xff\xfe,2\n", "not valid UTF-8", 3),
    "bad utf-16": (b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le") + b"\x00\xd8", "UTF-16", 3),
    "parquet": (b"PAR1\x15\x04", "Parquet", None),
    "png": (b"\x89PNG\r\n\x1a\n", "tabular data only", None),
    "mp4": (b"\x00\x00\x00\x20ftypisom", "tabular data only", None),
    "wave": (b"RIFF\x00\x00\x00\x00WAVEfmt ", "tabular data only", None),
    "zip": (b"PK\x03\x04" + b"\x00" * 40, "zip archive", None),
    "gzip": (b"\x1f\x8b\x08\x00", "gzip", None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_csv_file_is_refused_with_the_reason(read, out, name):
    content, reason, line = REFUSED[name]
    with pytest.raises(Unreadable) as refused:
        read(content)
    assert reason in str(refused.value)
    assert refused.value.line == line
    assert list(out.parent.glob("data.parquet*")) == []


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["example.xlsx", "example.xlsb", "example.ods"])
def test_spreadsheets_are_named_as_such(real_data, read, name):
    with pytest.raises(Unreadable, match=r"Excel|OpenDocument"):
        read(real_data / "excel" / name)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"source_bytes": 10}, "at most 10 B"),
        ({"columns": 1}, "columns"),
        ({"rows": 2}, "rows"),
        ({"cells": 5}, "cells"),
        ({"cell_bytes": 3}, "at most 3"),
    ],
)
def test_limits_are_refused_with_the_figure(read, limits, reason):
    with pytest.raises(Unreadable, match=reason):
        read("a,b\n1,long text\n2,x\n3,y\n", **limits)


def test_a_row_longer_than_a_block_is_refused(read):
    with pytest.raises(Unreadable):
        read("a,b\n1," + "x" * (9 << 20) + "\n")


def test_progress_rises_to_the_end(tmp_path, out):
    source = tmp_path / "s.csv"
    source.write_text("a,b\n" + "1,2\n" * 100)
    seen = []
    read_csv(source, out, limits=Limits(), report=lambda fraction, _: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("distinct", "count", "expected"),
    [
        (0, 0, False),
        (2, 2, True),
        (3, 3, False),
        (50, 100, True),
        (51, 100, False),
        (500, 10_000, True),
        (1_001, 1_000_000, False),
    ],
)
def test_a_category_repeats_itself(distinct, count, expected):
    assert is_category(distinct=distinct, count=count) is expected


CELL = st.text(alphabet=string.printable.replace("\x0b", "").replace("\x0c", "") + "äß", max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(st.tuples(CELL, st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=20),
    separator=st.sampled_from(",;\t|"),
)
def test_what_pandas_writes_comes_back(tmp_path_factory, rows, separator):
    folder = tmp_path_factory.mktemp("any")
    frame = pd.DataFrame(rows, columns=["text", "number"])
    frame.to_csv(folder / "s.csv", index=False, sep=separator, quoting=1)

    read_csv(folder / "s.csv", folder / "o.parquet", limits=Limits(), report=lambda *_: None)

    found = page(folder / "o.parquet", 0, 100)
    assert [row[1] for row in found] == [str(number) for number in frame["number"]]
    texts = [text.strip() for text in frame["text"]]
    if not any(re.fullmatch(r"[\d.,eE+-]*\d[\d.,eE+-]*", text) for text in texts):
        assert [row[0] or "" for row in found] == ["" if t in MISSING else t for t in texts]


def test_sources_are_left_as_they_are(tmp_path: Path, read):
    source = tmp_path / "kept.csv"
    source.write_bytes(b"a,b\n1,2\n")
    read(source)
    assert source.read_bytes() == b"a,b\n1,2\n"
