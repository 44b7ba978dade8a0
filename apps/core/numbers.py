"""Numbers as people read them: significant digits, separators of the language, units."""

import math
from datetime import timedelta
from typing import Final

from django.utils import formats
from django.utils.translation import gettext as _

NOTHING: Final = "\u2013"
_MINUS: Final = "\u2212"
_BINARY_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def number(value: object, digits: int = 4) -> str:
    """
    A number with at most `digits` significant ones; whole numbers keep all of theirs.

    None and NaN are shown as a dash, infinity by its sign.
    """
    if value is None or isinstance(value, str):
        return str(value) if value else NOTHING
    if isinstance(value, int):
        return formats.number_format(value, use_l10n=True, force_grouping=True)
    return _real(float(value), digits)  # type: ignore[arg-type]


def _real(value: float, digits: int) -> str:
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    if value and not 1e-4 <= abs(value) < 1e15:
        return f"{value:.{digits - 1}e}".replace("-", _MINUS)
    return _grouped(value, digits)


def _grouped(value: float, digits: int) -> str:
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    decimals = max(digits - 1 - magnitude, 0)
    text = formats.number_format(round(value, decimals), decimals, use_l10n=True, force_grouping=True)
    mark = formats.get_format("DECIMAL_SEPARATOR")
    return (text.rstrip("0").removesuffix(mark) if mark in text else text).replace("-", _MINUS)


def percent(share: float, digits: int = 3) -> str:
    """A share of one in percent."""
    return _("%(n)s%%") % {"n": number(float(share) * 100, digits)}


def byte_size(value: int | None) -> str:
    """Bytes in the binary unit that keeps the figure below 1024."""
    if value is None:
        return NOTHING
    step = min(max(int(abs(value)).bit_length() - 1, 0) // 10, len(_BINARY_UNITS) - 1)
    return f"{number(value / 1024**step if step else value, 3)} {_BINARY_UNITS[step]}"


def duration(value: timedelta | float | None) -> str:
    """A span of time (timedelta or seconds) in its two largest units."""
    if value is None:
        return NOTHING
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 1:
        return _("%(n)s ms") % {"n": round(seconds * 1000)}
    if seconds < 60:
        return _("%(n)s s") % {"n": number(round(seconds, 1), 3)}
    return _long(int(seconds))


def _long(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    parts = [
        (days, _("%(n)s d")),
        (hour, _("%(n)s h")),
        (minute, _("%(n)s min")),
        (second, _("%(n)s s")),
    ]
    first = next(i for i, (amount, _unit) in enumerate(parts) if amount)
    return " ".join(unit % {"n": amount} for amount, unit in parts[first : first + 2] if amount)
