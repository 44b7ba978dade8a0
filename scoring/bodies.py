"""Request bodies as MLflow's scoring server takes them → rows."""

import csv
import io
import json
from typing import Any

import msgspec

from scoring.inputs import InputRefused
from scoring.problems import Problem
from scoring.rows import RowReader, Rows

FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_MISSING_TEXTS = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"})
_NOT_FOR_THIS = ("image/", "audio/", "video/")
_decoder = msgspec.json.Decoder()


def media_type(content_type: str | None) -> str:
    """
    The body's type. Raises Problem 415 for what is not JSON or CSV, and says so where it is
    pictures or sound.
    """
    if content_type == "application/json":
        return content_type
    kind, _, parameters = (content_type or "").lower().partition(";")
    kind = kind.strip()
    if kind.startswith(_NOT_FOR_THIS):
        raise Problem(415, "This endpoint scores tables: images, audio and video are not for this portal.")
    if kind not in ("application/json", "text/csv"):
        raise Problem(415, "Send JSON (application/json) or CSV (text/csv).")
    charset = parameters.replace(" ", "").partition("charset=")[2].strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise Problem(415, "The body must be UTF-8.")
    return kind


def decode_json(body: bytes) -> dict[str, Any]:
    """The body as an object. Raises Problem 400 with the place of the error."""
    try:
        document = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        document = _decode_leniently(body)
    if not isinstance(document, dict):
        raise Problem(400, "The body must be a JSON object.")
    return document


def _decode_leniently(body: bytes) -> Any:
    """Python clients write NaN, which is not JSON but means a missing value."""
    try:
        document = json.loads(body)
        json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise Problem(
            400, f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from None
    except UnicodeError as error:
        raise Problem(400, f"The body is not UTF-8: byte {error.start} is wrong.") from None  # type: ignore[attr-defined]
    except (RecursionError, ValueError):
        raise Problem(400, "The body is nested too deeply or holds a number that is too long.") from None
    return document


def rows_of_json(document: dict[str, Any], reader: RowReader, max_rows: int) -> Rows:
    """Raises Problem 400 or 413, InputRefused for what does not fit the signature."""
    found = [name for name in FORMATS if name in document]
    if len(found) != 1:
        raise Problem(400, f"The body must have exactly one of {', '.join(FORMATS)}.")
    content = document[found[0]]
    if found[0] == "dataframe_split":
        return _split(content, reader, max_rows)
    if found[0] == "dataframe_records":
        return _records(content, reader, max_rows)
    if isinstance(content, dict):
        return _by_column(content, reader, max_rows)
    return _instances(content, reader, max_rows)


def rows_of_csv(body: bytes, reader: RowReader, max_rows: int) -> Rows:
    """Comma-separated, with a header line. Empty cells, and NA in a number, are missing."""
    try:
        lines = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        table = [line for line in lines if line]
    except UnicodeDecodeError as error:
        raise Problem(400, f"The body is not UTF-8: byte {error.start} is wrong.") from None
    except csv.Error as error:
        raise Problem(400, f"The body is not CSV: {error}.") from None
    if not table:
        raise Problem(400, "The CSV has no header line.")
    data = table[1:]
    _limit(data, max_rows)
    return reader.from_table(table[0], _typed(table[0], data, reader))


def _typed(header: list[str], data: list[list[str]], reader: RowReader) -> list[list[Any]]:
    kinds = {feature.name: feature.kind for feature in reader.signature.features}
    numbers = [kinds.get(name) == "number" for name in header]
    return [
        [_number(cell) if number else cell for cell, number in zip(line, numbers, strict=False)]
        + line[len(numbers) :]
        for line in data
    ]


def _number(cell: str) -> float | str | None:
    """A text stays a text, and is refused with the name of its column later."""
    if cell.strip() in _MISSING_TEXTS:
        return None
    try:
        return float(cell)
    except ValueError:
        return cell


def _split(content: Any, reader: RowReader, max_rows: int) -> Rows:
    if not isinstance(content, dict) or "data" not in content or "columns" not in content:
        raise Problem(400, "dataframe_split must be an object with “columns” and “data”.")
    _limit(content["data"], max_rows)
    return reader.from_table(content["columns"], content["data"])


def _records(content: Any, reader: RowReader, max_rows: int) -> Rows:
    if not isinstance(content, list):
        raise Problem(400, "dataframe_records must be a list of objects.")
    _limit(content, max_rows)
    return reader.from_records(content)


def _instances(content: Any, reader: RowReader, max_rows: int) -> Rows:
    """Objects, or lists of values in the order of the model's columns."""
    if not isinstance(content, list):
        raise Problem(400, "instances and inputs must be a list, or an object with a list per column.")
    _limit(content, max_rows)
    if content and isinstance(content[0], list):
        return reader.from_table(reader.signature.feature_names, content)
    return reader.from_records(content)


def _by_column(content: dict[str, Any], reader: RowReader, max_rows: int) -> Rows:
    columns = list(content)
    values = [cells if isinstance(cells, list) else [cells] for cells in content.values()]
    if len({len(cells) for cells in values}) > 1:
        raise InputRefused("The columns have different numbers of rows.")
    data = [list(row) for row in zip(*values, strict=True)]
    _limit(data, max_rows)
    return reader.from_table(columns, data)


def _limit(rows: Any, max_rows: int) -> None:
    if isinstance(rows, list) and len(rows) > max_rows:
        raise Problem(413, f"At most {max_rows} rows a request, not {len(rows)}: use batch scoring for more.")
