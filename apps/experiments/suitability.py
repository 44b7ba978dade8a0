"""Whether a data version has what an experiment's settings ask for, told before any row is read."""

from collections.abc import Callable, Iterator

from apps.core.said import Said, said
from apps.experiments.columns import KnownColumn
from apps.experiments.training import TrainingSettings

Columns = dict[str, KnownColumn]


def problems(settings: TrainingSettings, columns: Columns) -> dict[str, Said]:
    """The setting's name → what is wrong with it, the target first; empty when nothing is."""
    found: dict[str, Said] = {}
    for check in _CHECKS:
        for name, sentence in check(settings, columns):
            found.setdefault(name, sentence)
    return found


def _target(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, Said]]:
    column = columns.get(settings.target)
    if column is None:
        yield "target", said("experiments.data_without_target", name=settings.target)
        return
    if column.distinct == 0:
        yield "target", said("experiments.data_target_empty", name=column.name)
    elif column.distinct == 1:
        yield "target", said("experiments.data_target_constant", name=column.name)
    elif column.is_temporal:
        yield "target", said("experiments.data_target_time", name=column.name)
    elif settings.task == "regression" and not column.is_numeric:
        yield "task", said("experiments.data_target_no_number", name=column.name)
    elif settings.task == "binary" and column.distinct not in (None, 2):
        yield "task", said("experiments.data_target_not_binary", name=column.name, count=column.distinct)


def _classes(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, Said]]:
    column = columns.get(settings.target)
    levels = column.levels if column else ()
    for name in ("positive_class", "favourable_class"):
        value = getattr(settings, name)
        if value is not None and levels and value not in levels:
            yield name, said("experiments.data_without_class", value=value, levels=levels[:20])


def _named(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, Said]]:
    asked = {
        "features": settings.features or (),
        "protected": tuple(one.name for one in settings.protected),
        "row_key": settings.row_key,
        "time_column": (settings.time_column,) if settings.time_column else (),
    }
    for field, names in asked.items():
        missing = [name for name in names if name not in columns]
        if missing:
            yield field, said("experiments.data_without_columns", names=missing)


def _features(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, Said]]:
    names = settings.features if settings.features is not None else _candidates(settings, columns)
    useful = [name for name in names if name not in columns or columns[name].distinct != 0]
    if not names:
        yield "features", said("experiments.data_without_candidates")
    elif not useful and settings.target in columns:
        yield "features", said("experiments.data_without_features")


def _candidates(settings: TrainingSettings, columns: Columns) -> list[str]:
    left_out = {settings.target, settings.time_column, *settings.row_key}
    left_out |= {one.name for one in settings.protected}
    return [name for name, column in columns.items() if name not in left_out and not column.is_temporal]


def _time(settings: TrainingSettings, columns: Columns) -> Iterator[tuple[str, Said]]:
    column = columns.get(settings.time_column or "")
    if settings.split.kind == "time" and column and not column.is_temporal and not column.is_numeric:
        yield "time_column", said("experiments.data_time_unordered", name=column.name)


_CHECKS: tuple[Callable[[TrainingSettings, Columns], Iterator[tuple[str, Said]]], ...] = (
    _target,
    _classes,
    _named,
    _features,
    _time,
)
