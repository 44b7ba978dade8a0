"""From the typed table to cleaned rows, each on its side of the split."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from apps.core.said import Said, said
from apps.experiments import cleaning, features, framing, searching, splitting
from apps.experiments.cleaning import Target
from apps.experiments.training import TrainingRefused, TrainingSettings

IMBALANCED = 0.2
SAMPLE_SALT = "rows that fit into the limit"


@dataclass(slots=True)
class Prepared:
    """The cleaned rows, split; `report` gathers what the stages have to say."""

    table: pa.Table
    target: Target
    keys: NDArray[np.object_]
    held_out: NDArray[np.bool_]
    training: NDArray[np.bool_]
    choice: features.Choice
    times: NDArray[np.int64] | None
    report: dict[str, Any] = field(default_factory=dict)


def prepare(table: pa.Table, settings: TrainingSettings) -> Prepared:
    """Cleaning, choice of features, split; raises TrainingRefused or SplitRefused."""
    table, steps = cleaning.clean(table, settings)
    target = cleaning.read_target(table, settings)
    _check_names(table, settings, target)
    choice = features.choose(table, settings)
    names = [one.name for one in choice.features]
    cleaning.refuse_infinite(table, names)
    keys = splitting.row_keys(table, settings.row_key)
    times = _times(table, settings)
    held_out = _held_out(keys, times, settings)
    splitting.require_enough(held_out, target.labels)
    training = _training_rows(table, ~held_out, keys, choice, settings, steps)
    prepared = Prepared(table, target, keys, held_out, training, choice, _whole(times))
    prepared.report = _facts(prepared, settings, steps)
    return prepared


def _check_names(table: pa.Table, settings: TrainingSettings, target: Target) -> None:
    searching.metric_of(settings, target.task)
    for one in settings.protected:
        if one.name not in table.column_names:
            raise TrainingRefused(said("experiments.protected_absent", name=one.name))
    if settings.favourable_class not in (None, *target.classes):
        raise TrainingRefused(said("experiments.favourable_class_absent", value=settings.favourable_class))


def _times(table: pa.Table, settings: TrainingSettings) -> pa.ChunkedArray | None:
    if settings.split.kind != "time" or settings.time_column is None:
        return None
    if settings.time_column not in table.column_names:
        raise TrainingRefused(said("experiments.time_absent", name=settings.time_column))
    column = table[settings.time_column]
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64())
    if pa.types.is_integer(column.type):
        return column
    raise TrainingRefused(said("experiments.time_holds_none", name=settings.time_column))


def _whole(times: pa.ChunkedArray | None) -> NDArray[np.int64] | None:
    """A missing time sorts first: such a row is trained on, never tested."""
    if times is None:
        return None
    return np.asarray(times.fill_null(np.iinfo(np.int64).min).to_numpy())


def _held_out(
    keys: NDArray[np.object_], times: pa.ChunkedArray | None, settings: TrainingSettings
) -> NDArray[np.bool_]:
    split = settings.split
    if times is None:
        return splitting.held_out_mask(keys, share=split.share, salt=split.salt)
    known = np.asarray(times.is_valid().to_numpy())
    return splitting.by_time(times.fill_null(0).to_numpy(), known, share=split.share)


def _training_rows(
    table: pa.Table,
    training: NDArray[np.bool_],
    keys: NDArray[np.object_],
    choice: features.Choice,
    settings: TrainingSettings,
    steps: list[cleaning.CleaningStep],
) -> NDArray[np.bool_]:
    """What the recipe and the limit leave of the training side; each step is recorded."""
    if settings.recipe.outliers == "drop":
        numbers = [one for one in choice.features if one.kind == "number"]
        far = np.zeros(len(keys), dtype=bool)
        part = framing.frame(table.filter(pa.array(training)), numbers)
        far[training] = cleaning.outliers(part.to_numpy(np.float32).reshape(training.sum(), -1))
        training = _recorded(steps, "drop_outliers", training, training & ~far)
    if settings.max_rows and training.sum() > settings.max_rows:
        share = settings.max_rows / training.sum()
        sample = splitting.held_out_mask(keys, share=share, salt=SAMPLE_SALT)
        training = _recorded(steps, "max_rows", training, training & sample)
    return training


def _recorded(
    steps: list[cleaning.CleaningStep],
    name: str,
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    detail = said("experiments.cleaned_training")
    steps.append(cleaning.CleaningStep(name, int(before.sum()), int(after.sum()), detail))
    return after


def _facts(
    prepared: Prepared, settings: TrainingSettings, steps: list[cleaning.CleaningStep]
) -> dict[str, Any]:
    target, held_out = prepared.target, prepared.held_out
    sides = splitting.side_facts(held_out, target.labels)
    shared = splitting.overlap(prepared.keys[~held_out], prepared.keys[held_out])
    key_columns = settings.row_key or tuple(prepared.table.column_names)
    return {
        "task": target.task,
        "target": settings.target,
        "classes": list(target.classes),
        "cleaning": [asdict(step) for step in steps],
        "split": {
            **asdict(settings.split),
            "row_key": list(settings.row_key),
            "row_key_columns": list(key_columns),
            "sides": {name: asdict(side) for name, side in sides.items()},
            "training_rows_used": int(prepared.training.sum()),
            "overlap": shared,
        },
        "features": {
            "chosen": [one.name for one in prepared.choice.features],
            "left_out": prepared.choice.left_out,
            "warnings": prepared.choice.warnings + _imbalance(target),
        },
    }


def _imbalance(target: Target) -> list[Said]:
    if not target.classes:
        return []
    counts = np.bincount(target.truth.astype(int))
    if counts.min() > IMBALANCED * counts.max():
        return []
    return [said("experiments.imbalanced", rarest=counts.min(), most=counts.max())]
