"""The recipe's steps that remove rows, each recorded with what it took away; and the target."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from apps.core.said import Said, said
from apps.experiments import splitting
from apps.experiments.training import TrainingRefused, TrainingSettings
from scoring.inputs import MISSING, typed
from scoring.signature import Feature, Task

MOST_CLASSES = 100
FEW_NUMBERS = 10
POSITIVE_WORDS = ("true", "1", "yes", "y", "positive", "bad", "default", "churn", "fraud")


@dataclass(frozen=True, slots=True)
class CleaningStep:
    """One step as the page shows it: rows before and after, and what it did."""

    step: str
    rows_before: int
    rows_after: int
    detail: Said


@dataclass(frozen=True, slots=True)
class Target:
    """
    `truth` (rows,): class numbers in the order of `classes`, or the values in regression;
    `labels` the classes as text, None in regression.
    """

    task: Task
    truth: NDArray[np.float64]
    classes: tuple[str, ...]

    @property
    def labels(self) -> NDArray[np.object_] | None:
        if not self.classes:
            return None
        return np.array(self.classes, dtype=object)[self.truth.astype(int)]

    def rows(self, mask: NDArray[Any]) -> "Target":
        return Target(self.task, self.truth[mask], self.classes)


def clean(table: pa.Table, settings: TrainingSettings) -> tuple[pa.Table, list[CleaningStep]]:
    """Without rows that have no target and without repeated rows, as the recipe says."""
    if settings.target not in table.column_names:
        raise TrainingRefused(said("experiments.target_absent", target=settings.target))
    table, missing = _with_target(table, settings)
    steps = [missing]
    if settings.recipe.drop_duplicates:
        table, repeated = _without_duplicates(table)
        steps.append(repeated)
    return table, steps


def _with_target(table: pa.Table, settings: TrainingSettings) -> tuple[pa.Table, CleaningStep]:
    known = pc.invert(_missing(table[settings.target]))
    absent = table.num_rows - (pc.sum(known).as_py() or 0)
    if absent == table.num_rows:
        raise TrainingRefused(said("experiments.target_empty", target=settings.target))
    if absent and not settings.recipe.drop_missing_target:
        raise TrainingRefused(said("experiments.target_missing", target=settings.target, rows=absent))
    kept = table.filter(known)
    detail = said("experiments.cleaned_target")
    return kept, CleaningStep("drop_missing_target", table.num_rows, kept.num_rows, detail)


def _missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_floating(column.type):
        return pc.is_null(column, nan_is_null=True)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.fill_null(pc.equal(column, ""), True)
    return pc.is_null(column)


def _without_duplicates(table: pa.Table) -> tuple[pa.Table, CleaningStep]:
    keys = splitting.row_keys(table).astype(str)
    _, first = np.unique(keys, return_index=True)
    kept = table.take(np.sort(first)) if first.size < table.num_rows else table
    detail = said("experiments.cleaned_duplicates")
    return kept, CleaningStep("drop_duplicates", table.num_rows, kept.num_rows, detail)


def refuse_infinite(table: pa.Table, names: list[str]) -> None:
    """Raises TrainingRefused for the first of the columns that holds an infinite value."""
    for name in names:
        if not pa.types.is_floating(table[name].type):
            continue
        if count := pc.sum(pc.is_inf(table[name])).as_py():
            raise TrainingRefused(said("experiments.column_infinite", column=name, values=count))


def outliers(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """
    Rows with a far value in some column of `values` (rows, columns), NaN allowed.

    Far is more than the width of the middle 98 % outside of that middle; so a heavy tail that
    a hundredth of the rows has is not called an outlier.
    """
    if not values.shape[1]:
        return np.zeros(len(values), dtype=bool)
    known = np.where(np.isfinite(values).any(axis=0), values, 0.0)
    low, high = np.nanquantile(known, [0.01, 0.99], axis=0)
    width = high - low
    far = (known < low - width) | (known > high + width)
    return np.asarray((far & (width > 0)).any(axis=1))


def read_target(table: pa.Table, settings: TrainingSettings) -> Target:
    """
    The target of cleaned rows with its task, chosen from the data where the settings say auto.

    Raises TrainingRefused for a constant target, one class, too many classes, a task or a
    positive class that does not fit.
    """
    column = table[settings.target]
    refuse_infinite(table, [settings.target])
    distinct = pc.count_distinct(column).as_py()
    if distinct < 2:
        value = column[0].as_py()
        raise TrainingRefused(said("experiments.target_constant", target=settings.target, value=value))
    task = _task(column, distinct, settings)
    if task == "regression":
        return Target(task, _numbers(column), ())
    return _classes(column, task, distinct, settings)


def _task(column: pa.ChunkedArray, distinct: int, settings: TrainingSettings) -> Task:
    if settings.task == "auto":
        return _guessed(column, distinct)
    if settings.task == "regression" and not _is_number(column):
        raise TrainingRefused(said("experiments.target_no_number", target=settings.target))
    if settings.task == "binary" and distinct != 2:
        raise TrainingRefused(said("experiments.target_not_binary", target=settings.target, classes=distinct))
    return settings.task


def _guessed(column: pa.ChunkedArray, distinct: int) -> Task:
    if distinct == 2:
        return "binary"
    if not _is_number(column):
        return "multiclass"
    whole = pa.types.is_integer(column.type)
    return "multiclass" if whole and distinct <= FEW_NUMBERS else "regression"


def _is_number(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_integer(column.type) or pa.types.is_floating(column.type))


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.cast(pa.float64()).to_numpy())


def _classes(column: pa.ChunkedArray, task: Task, distinct: int, settings: TrainingSettings) -> Target:
    if distinct > MOST_CLASSES or distinct > len(column) / 2:
        raise TrainingRefused(
            said(
                "experiments.target_many_classes",
                target=settings.target,
                classes=distinct,
                rows=len(column),
                most=MOST_CLASSES,
            )
        )
    texts = category_texts(column, settings.target)
    classes, counts = np.unique(texts.astype(str), return_counts=True)
    order = [str(level) for level in classes]
    if task == "binary":
        order = _positive_last(order, counts, settings)
    numbers = {level: number for number, level in enumerate(order)}
    truth = np.array([numbers[text] for text in texts], dtype=np.float64)
    return Target(task, truth, tuple(order))


def _positive_last(classes: list[str], counts: NDArray[np.int64], settings: TrainingSettings) -> list[str]:
    """The named positive class, else the one with a telling name, else the rarer one."""
    if settings.positive_class is not None and settings.positive_class not in classes:
        raise TrainingRefused(
            said(
                "experiments.positive_class_absent",
                value=settings.positive_class,
                first=classes[0],
                second=classes[1],
            )
        )
    telling = [level for level in classes if level.lower() in POSITIVE_WORDS]
    rarer = classes[int(np.argmin(counts))]
    positive = settings.positive_class or (telling[0] if len(telling) == 1 else rarer)
    return sorted(classes, key=lambda level: level == positive)


def category_texts(column: pa.ChunkedArray, name: str) -> NDArray[np.object_]:
    """The column as scoring would read it as a category: each distinct value translated once."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="mask")
    feature = Feature(name, "category")
    levels = [typed(value, feature, 0) for value in encoded.dictionary.to_pylist()]
    lookup = np.array([*levels, MISSING], dtype=object)
    codes = pc.fill_null(encoded.indices, len(levels)).to_numpy(zero_copy_only=False)
    return np.asarray(lookup[codes])
