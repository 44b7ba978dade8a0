"""Small lines drawn on the server: no script, printable, light enough for a table of hundreds."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_MARGIN: Final = 2.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Attributes of an SVG, already text: a template would write them with a decimal comma."""

    width: int
    height: int
    path: str
    last_x: str
    last_y: str
    threshold_y: str
    low: float | None
    high: float | None
    last: float | None


def sparkline(
    values: Iterable[float | None],
    *,
    width: int = 96,
    height: int = 24,
    threshold: float | None = None,
) -> Sparkline:
    """
    Lay a series out in `width` by `height` pixels, oldest left, larger up.

    None and NaN are gaps. A flat series runs through the middle. The threshold, where one is
    given, is always inside the picture.
    """
    series = [_known(value) for value in values]
    known = [value for value in series if value is not None]
    if not known:
        return Sparkline(width, height, "", "", "", "", None, None, None)
    span = [*known, threshold] if threshold is not None else known
    low, high = min(span), max(span)
    across = _across(len(series), width)
    points = [
        None if value is None else (x, _down(value, low, high, height))
        for x, value in zip(across, series, strict=True)
    ]
    end = next(point for point in reversed(points) if point is not None)
    line = "" if threshold is None else f"{_down(threshold, low, high, height):.1f}"
    return Sparkline(
        width,
        height,
        _path(points),
        f"{end[0]:.1f}",
        f"{end[1]:.1f}",
        line,
        min(known),
        max(known),
        known[-1],
    )


def _known(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _across(count: int, width: int) -> list[float]:
    if count == 1:
        return [width / 2]
    step = (width - 2 * _MARGIN) / (count - 1)
    return [_MARGIN + step * i for i in range(count)]


def _down(value: float, low: float, high: float, height: int) -> float:
    share = 0.5 if high == low else (value - low) / (high - low)
    return height - _MARGIN - share * (height - 2 * _MARGIN)


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """Move to the first point after a gap, draw to every other one."""
    commands = []
    drawing = False
    for point in points:
        if point is not None:
            commands.append(f"{'L' if drawing else 'M'}{point[0]:.1f} {point[1]:.1f}")
        drawing = point is not None
    return "".join(commands)
