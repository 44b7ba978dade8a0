"""Whether a data version has what an experiment's settings ask for, in sentences, before any row is read."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from apps.experiments.columns import KnownColumn
from apps.experiments.training import TrainingSettings

Columns = dict[str, KnownColumn]


def problems(settings: TrainingSettings, columns: Columns) -> dict[str, str]:
    """The setting's name → what is wrong with it, the target first; empty when nothing is."""
    found: dict[str, str] = {}
    for check in _CHECKS:
        for name, sentence in check(settings, columns):
            found.setdefault(name, sentence)
    return found


def _target(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, str]]:
    column = columns.get(settings.target)
    if column is None:
        yield "target", _("The data has no column “%(name)s” to learn.") % {"name": settings.target}
        return
    if column.distinct == 0:
        yield "target", _("Every value of “%(name)s” is missing.") % {"name": column.name}
    elif column.distinct == 1:
        yield (
            "target",
            _("“%(name)s” has the same value in every row: there is nothing to learn.")
            % {"name": column.name},
        )
    elif column.is_temporal:
        yield "target", _("“%(name)s” is a point in time and cannot be learnt.") % {"name": column.name}
    elif settings.task == "regression" and not column.is_numeric:
        yield "task", _("“%(name)s” is not a number, so it cannot be a regression.") % {"name": column.name}
    elif settings.task == "binary" and column.distinct not in (None, 2):
        yield (
            "task",
            _("“%(name)s” has %(count)s different values; binary needs exactly two.")
            % {"name": column.name, "count": column.distinct},
        )


def _classes(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, str]]:
    column = columns.get(settings.target)
    levels = column.levels if column else ()
    for name in ("positive_class", "favourable_class"):
        value = getattr(settings, name)
        if value is not None and levels and value not in levels:
            yield (
                name,
                _("“%(value)s” is no value of the target; it has: %(levels)s.")
                % {"value": value, "levels": ", ".join(levels[:20])},
            )


def _named(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, str]]:
    asked = {
        "features": settings.features or (),
        "protected": tuple(one.name for one in settings.protected),
        "row_key": settings.row_key,
        "time_column": (settings.time_column,) if settings.time_column else (),
    }
    for field, names in asked.items():
        missing = [name for name in names if name not in columns]
        if missing:
            yield (
                field,
                _("The data has no such column: %(names)s.")
                % {"names": ", ".join(f"“{name}”" for name in missing)},
            )


def _features(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, str]]:
    names = settings.features if settings.features is not None else _candidates(settings, columns)
    useful = [name for name in names if name not in columns or columns[name].distinct != 0]
    if not names:
        yield "features", _("There is no column to learn from besides the target and what is set aside.")
    elif not useful and settings.target in columns:
        yield "features", _("There is no feature to learn from: every value of each of them is missing.")


def _candidates(settings: TrainingSettings, columns: Columns) -> list[str]:
    left_out = {settings.target, settings.time_column, *settings.row_key}
    left_out |= {one.name for one in settings.protected}
    return [name for name, column in columns.items() if name not in left_out and not column.is_temporal]


def _time(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, str]]:
    column = columns.get(settings.time_column or "")
    if settings.split.kind == "time" and column and not column.is_temporal and not column.is_numeric:
        yield (
            "time_column",
            _("“%(name)s” is neither a time nor a number, so rows cannot be put in order by it.")
            % {"name": column.name},
        )


_CHECKS: tuple[Callable[[TrainingSettings, Columns], Iterator[tuple[str, str]]], ...] = (
    _target,
    _classes,
    _named,
    _features,
    _time,
)
