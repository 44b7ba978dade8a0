"""The directory that a training leaves behind."""

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import skops.io
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from apps.core.said import plain, said
from apps.experiments.cleaning import Target
from apps.experiments.metrics import decided
from scoring.inputs import MISSING
from scoring.signature import Signature

Floats = NDArray[np.float64]
SHOWN = ("numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "lightgbm", "skops")


def write_json(path: Path, document: dict[str, Any]) -> None:
    text = json.dumps(plain(document), indent=1, allow_nan=False, ensure_ascii=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def write_model(path: Path, model: Pipeline) -> None:
    skops.io.dump(model, path)


def write_lock(path: Path) -> None:
    """Every installed distribution as name==version, sorted: what pip freeze would say."""
    found = {f"{one.metadata['Name']}=={one.version}" for one in metadata.distributions()}
    path.write_text("\n".join(sorted(found, key=str.lower)) + "\n", encoding="utf-8")


def environment(seed: int) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "libraries": {name: metadata.version(name) for name in SHOWN},
        "seed": seed,
        "reproducible": said("experiments.same_scores"),
    }


def write_keys(path: Path, keys: NDArray[np.object_]) -> None:
    pq.write_table(pa.table({"row_key": pa.array(keys, pa.string())}), path)


def write_evaluation(
    path: Path,
    *,
    keys: NDArray[np.object_],
    data: pd.DataFrame,
    beside: dict[str, NDArray[Any]],
    target: Target,
    scores: Floats,
    threshold: float,
) -> None:
    """
    One line per held-out row: row_key, the features (missing as null), other columns that are
    asked for `beside` them, target, prediction and for classes probability_<class>.
    """
    columns = {"row_key": pa.array(keys, pa.string())}
    columns |= {str(name): _stored(data[name].to_numpy()) for name in data.columns}
    columns |= {name: _stored(values) for name, values in beside.items() if name not in columns}
    pq.write_table(pa.table(columns | _outcome(target, scores, threshold)), path)


def _outcome(target: Target, scores: Floats, threshold: float) -> dict[str, pa.Array]:
    if not target.classes:
        return {"target": pa.array(target.truth), "prediction": pa.array(scores)}
    names = np.array(target.classes, dtype=object)
    full = scores if scores.ndim == 2 else np.stack([1 - scores, scores], axis=1)
    return {
        "target": pa.array(target.labels, pa.string()),
        "prediction": pa.array(names[decided(scores, threshold)], pa.string()),
    } | {f"probability_{name}": pa.array(full[:, k]) for k, name in enumerate(target.classes)}


def _stored(values: NDArray[Any]) -> pa.Array:
    if values.dtype == object:
        return pa.array(values, pa.string(), mask=values == MISSING)
    return pa.array(values, mask=np.isnan(values))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} does not belong into a report.")


def write_signature(path: Path, signature: Signature) -> None:
    write_json(path, signature.as_json())
