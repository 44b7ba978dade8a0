"""
The ways in which a cell's text can be a value: each turns texts into typed values, or says no.

A form's ``parse`` takes texts without missing ones and gives an array of the same length, or
None as soon as one of them is not written in this form. Nothing is lost on the way: what a
form accepts can be written back (leading zeros, plus signs and digits beyond 2^53 are not
accepted as numbers, because they would be).
"""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from apps.datasets.schema import ColumnKind

MISSING = ("", "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None")

_TIMESTAMP = pa.timestamp("us")
_TIMESTAMP_UTC = pa.timestamp("us", tz="UTC")
_LONG_INTEGER = r"^-?[0-9]{16,}$"
_COMMA_NUMBER = r"^-?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?$"
_SURELY_COMMA = r",[0-9]{1,2}$|,[0-9]{4,}$|^-?0,|\..*,|^-?[0-9]{4,},"
_DMY, _MDY = r"\3-\2-\1\4", r"\3-\1-\2\4"
_CLOCK = r"( [0-9]{2}:[0-9]{2}(:[0-9]{2})?)"


@dataclass(frozen=True, slots=True)
class Form:
    name: str
    kind: ColumnKind
    arrow: pa.DataType
    parse: Callable[[pa.Array], pa.Array | None]


def _cast(texts: pa.Array, arrow: pa.DataType) -> pa.Array | None:
    try:
        return pc.cast(texts, arrow)
    except pa.ArrowInvalid:
        return None


def _holds(flags: pa.Array) -> bool:
    return bool(pc.all(flags, min_count=0).as_py())


def _integers(texts: pa.Array) -> pa.Array | None:
    numbers = _cast(texts, pa.int64())
    if numbers is None or not _holds(pc.equal(pc.cast(numbers, pa.string()), texts)):
        return None
    return numbers


def _numbers(texts: pa.Array) -> pa.Array | None:
    numbers = _cast(texts, pa.float64())
    if numbers is None or not _holds(pc.is_finite(numbers)):
        return None
    if _any_code(texts) or has_long_integers(texts):
        return None
    return numbers


def _any_code(texts: pa.Array) -> bool:
    """Whether a leading zero or a plus sign shows that the digits are a code (00123, +49…)."""
    suspects = pc.or_(
        pc.or_(pc.starts_with(texts, "0"), pc.starts_with(texts, "-0")),
        pc.starts_with(texts, "+"),
    )
    return bool(
        pc.any(pc.match_substring_regex(texts.filter(suspects), r"^(\+|-?0[0-9])"), min_count=0).as_py()
    )


def has_long_integers(texts: pa.Array) -> bool:
    """Whether a whole number has so many digits (16 or more) that float64 may not hold it."""
    long = texts.filter(pc.greater_equal(pc.binary_length(texts), 16))
    return bool(pc.any(pc.match_substring_regex(long, _LONG_INTEGER), min_count=0).as_py())


def _comma_numbers(texts: pa.Array) -> pa.Array | None:
    if not _holds(pc.match_substring_regex(texts, _COMMA_NUMBER)):
        return None
    plain = pc.replace_substring(pc.replace_substring(texts, ".", ""), ",", ".")
    return _numbers(plain)


def surely_decimal_comma(texts: pa.Array) -> bool:
    """Whether a value tells a decimal comma from a thousands separator (1,5 does, 1,500 not)."""
    return bool(pc.any(pc.match_substring_regex(texts, _SURELY_COMMA), min_count=0).as_py())


def _booleans(texts: pa.Array) -> pa.Array | None:
    lower = pc.ascii_lower(texts)
    if not _holds(pc.is_in(lower, value_set=pa.array(["true", "false"]))):
        return None
    return pc.equal(lower, "true")


def _casting(arrow: pa.DataType) -> Callable[[pa.Array], pa.Array | None]:
    return lambda texts: _cast(texts, arrow)


def _day_and_month(order: str, separators: str, *, clock: bool) -> Callable[[pa.Array], pa.Array | None]:
    pattern = rf"^([0-9]{{2}})[{separators}]([0-9]{{2}})[{separators}]([0-9]{{4}})"
    pattern += f"{_CLOCK}?$" if clock else "()$"
    arrow = _TIMESTAMP if clock else pa.date32()

    def parse(texts: pa.Array) -> pa.Array | None:
        padded = _two_digits(texts, separators)
        if not _holds(pc.match_substring_regex(padded, pattern)):
            return None
        return _cast(pc.replace_substring_regex(padded, pattern, order), arrow)

    return parse


def _two_digits(texts: pa.Array, separators: str) -> pa.Array:
    first = pc.replace_substring_regex(texts, rf"^([0-9][{separators}])", r"0\1")
    return pc.replace_substring_regex(first, rf"^([0-9]{{2}}[{separators}])([0-9][{separators}])", r"\10\2")


INTEGER = Form("integer", ColumnKind.INTEGER, pa.int64(), _integers)
NUMBER = Form("number", ColumnKind.NUMBER, pa.float64(), _numbers)
COMMA_NUMBER = Form("decimal_comma", ColumnKind.NUMBER, pa.float64(), _comma_numbers)
BOOLEAN = Form("boolean", ColumnKind.BOOLEAN, pa.bool_(), _booleans)
ISO_DATE = Form("iso_date", ColumnKind.DATE, pa.date32(), _casting(pa.date32()))
ISO_TIMESTAMP = Form("iso_timestamp", ColumnKind.TIMESTAMP, _TIMESTAMP, _casting(_TIMESTAMP))
ISO_UTC = Form("iso_timestamp_with_zone", ColumnKind.TIMESTAMP, _TIMESTAMP_UTC, _casting(_TIMESTAMP_UTC))
DAY_FIRST = (
    Form("day_first", ColumnKind.DATE, pa.date32(), _day_and_month(_DMY, "./-", clock=False)),
    Form("day_first", ColumnKind.TIMESTAMP, _TIMESTAMP, _day_and_month(_DMY, "./-", clock=True)),
)
MONTH_FIRST = (
    Form("month_first", ColumnKind.DATE, pa.date32(), _day_and_month(_MDY, "/-", clock=False)),
    Form("month_first", ColumnKind.TIMESTAMP, _TIMESTAMP, _day_and_month(_MDY, "/-", clock=True)),
)

# In the order of preference where several fit; what comes later also takes what comes before
# it in the same group, so that a column keeps the narrowest form that holds all its values.
FORMS = (
    INTEGER,
    NUMBER,
    COMMA_NUMBER,
    BOOLEAN,
    ISO_DATE,
    ISO_TIMESTAMP,
    ISO_UTC,
    *DAY_FIRST,
    *MONTH_FIRST,
)
