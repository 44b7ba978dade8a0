"""
Parallel coordinates of trainings: an axis for each thing in which they differ, a line for each run.

The picture is SVG drawn on the server; positions are texts, since a template would write them
with a decimal comma.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.core import metric_words
from apps.core.numbers import NOTHING, number
from apps.experiments import setting_words
from apps.experiments.models import TrainingRun

WIDTH: Final = 1080
HEIGHT: Final = 340
TOP, BOTTOM, LEFT, RIGHT = 56, 312, 70, 980
MOST_AXES: Final = 9
NAMED: Final = 8
"""So many runs have a colour and their name at the end of the line."""
_APART: Final = 15.0
Value = float | str | None


@dataclass(frozen=True, slots=True)
class Axis:
    """
    `lowest` and `highest` are its ends in words; `start` and `stop` the same as programs read
    numbers, empty where `levels` are the words on it, lowest first.
    """

    word: str
    x: str
    lowest: str
    highest: str
    start: str = ""
    stop: str = ""
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """`at` are the places on the axes, 0 to 1, empty where the run has no value there."""

    run: TrainingRun
    path: str
    at: tuple[str, ...]
    cells: tuple[str, ...]
    colour: int
    label_y: str


@dataclass(frozen=True, slots=True)
class Parallel:
    axes: tuple[Axis, ...]
    lines: tuple[Line, ...]
    are_named: bool
    width: int = WIDTH
    height: int = HEIGHT
    top: int = TOP
    bottom: int = BOTTOM
    label_x: int = RIGHT + 10


def picture(runs: Sequence[TrainingRun]) -> Parallel | None:
    """None where fewer than two runs were measured, or where they differ in nothing."""
    measured = [run for run in runs if run.report.get("metrics")]
    if len(measured) < 2:
        return None
    asked, scored = [dict(_asked(run)) for run in measured], [dict(_scored(run)) for run in measured]
    # Where there are too many, what came out is kept.
    names = [*_differing(asked), *_differing(scored)][-MOST_AXES:]
    values = [before | after for before, after in zip(asked, scored, strict=True)]
    if not names:
        return None
    places = {name: _places([known.get(name) for known in values]) for name in names}
    axes = tuple(
        _axis(name, [known.get(name) for known in values], i, len(names)) for i, name in enumerate(names)
    )
    labels = _label_places([places[names[-1]][i] for i in range(len(measured))])
    lines = tuple(
        _line(run, [places[name][i] for name in names], [values[i].get(name) for name in names], i, labels[i])
        for i, run in enumerate(measured)
    )
    return Parallel(axes, lines, are_named=len(measured) <= NAMED)


def _asked(run: TrainingRun) -> Iterator[tuple[str, Value]]:
    """What went in: data, settings, and the parameters that were chosen."""
    report = run.report
    yield _("Data version"), float(run.dataset_version.number)
    yield _("Algorithm"), report.get("algorithm")
    for name, value in setting_words.flat(run.settings).items():
        yield setting_words.name(name), _plain(name, value)
    for name, value in report.get("parameters", {}).items():
        yield name, _plain(name, value)


def _scored(run: TrainingRun) -> Iterator[tuple[str, Value]]:
    """What came out; the main metric last."""
    metrics, main = run.report["metrics"], run.report["metric"]
    for name in sorted(metrics, key=lambda metric: metric == main):
        yield metric_words.word(name), metrics[name]["value"]


def _plain(name: str, value: Any) -> Value:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return setting_words.value(name, value)


def _differing(values: list[dict[str, Value]]) -> list[str]:
    every = dict.fromkeys(name for known in values for name in known)
    return [name for name in every if len({known.get(name) for known in values}) > 1]


def _places(values: list[Value]) -> list[float | None]:
    """0 to 1, from the lowest to the highest; texts in their order. In the middle where all are one."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, float | int) for value in known):
        low, high = min(known), max(known)
        return [None if v is None else (v - low) / (high - low) if high > low else 0.5 for v in values]  # type: ignore[operator]
    levels = sorted({str(value) for value in known})
    steps = max(len(levels) - 1, 1)
    return [None if v is None else levels.index(str(v)) / steps if len(levels) > 1 else 0.5 for v in values]


def _axis(name: str, values: list[Value], place: int, count: int) -> Axis:
    known = [value for value in values if value is not None]
    x = f"{_across(place, count):.1f}"
    if all(isinstance(value, float | int) for value in known):
        low, high = min(known), max(known)
        return Axis(name, x, number(low, 3), number(high, 3), repr(low), repr(high))
    levels = tuple(sorted({str(value) for value in known}))
    return Axis(name, x, levels[0], levels[-1], levels=levels)


def _line(run: TrainingRun, places: list[float | None], values: list[Value], i: int, label_y: float) -> Line:
    points = [
        None if place is None else (_across(j, len(places)), _down(place)) for j, place in enumerate(places)
    ]
    return Line(
        run=run,
        path=_path(points),
        at=tuple("" if place is None else f"{place:.4f}" for place in places),
        cells=tuple(number(value) if value is not None else NOTHING for value in values),
        colour=i % NAMED + 1,
        label_y=f"{label_y + 4:.1f}",
    )


def _across(place: int, count: int) -> float:
    return LEFT + (RIGHT - LEFT) * (place / (count - 1) if count > 1 else 0.5)


def _down(place: float) -> float:
    return BOTTOM - place * (BOTTOM - TOP)


def _path(points: list[tuple[float, float] | None]) -> str:
    """A missing value breaks the line."""
    drawn, pen_is_down = [], False
    for point in points:
        if point is None:
            pen_is_down = False
            continue
        drawn.append(f"{'L' if pen_is_down else 'M'}{point[0]:.1f} {point[1]:.1f}")
        pen_is_down = True
    return "".join(drawn)


def _label_places(ends: list[float | None]) -> list[float]:
    """Where the names stand at the right: beside the lines' ends, but not over each other."""
    wished = [_down(0.5 if end is None else end) for end in ends]
    placed = list(wished)
    lowest = TOP - _APART
    for i in sorted(range(len(wished)), key=lambda i: wished[i]):
        placed[i] = lowest = max(wished[i], lowest + _APART)
    return placed
