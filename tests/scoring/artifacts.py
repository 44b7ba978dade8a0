"""Artifacts as training writes them, small and quick to fit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scoring.inputs import MISSING
from scoring.signature import Feature, Signature

CATEGORIES = {"city": ("Bonn", "Köln", "Ulm"), "plan": ("basic", "plus")}
NUMBERS = ("age", "income", "balance")


def rows(count: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {name: rng.normal(size=count).astype("float32") * 10**power for power, name in enumerate(NUMBERS)}
    )
    for name, levels in CATEGORIES.items():
        frame[name] = pd.Series(rng.choice([*levels, MISSING], count), dtype="str")
    frame.loc[rng.random(count) < 0.05, "income"] = np.nan
    return frame


def target(frame: pd.DataFrame, task: str) -> Any:
    score = frame["age"].to_numpy() + np.where(frame["city"] == "Ulm", 1.0, 0.0)
    score = score + np.random.default_rng(1).normal(size=len(frame)) * 0.3
    if task == "binary":
        return np.where(score > 0.2, "yes", "no").astype(object)
    if task == "multiclass":
        return np.array(["high", "low", "middle"], dtype=object)[np.digitize(score, [-0.3, 0.7])]
    return score


def signature(task: str) -> Signature:
    classes = {"binary": ("no", "yes"), "multiclass": ("high", "low", "middle"), "regression": ()}
    return Signature(
        task=task,
        target="outcome",
        features=(
            *(Feature(name, "number") for name in NUMBERS),
            *(Feature(name, "category", categories=levels) for name, levels in CATEGORIES.items()),
        ),
        classes=classes[task],
    )


def fitted(estimator: Any, task: str, frame: pd.DataFrame, labels: Any = None) -> Pipeline:
    numbers = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer(
        [("numbers", numbers, list(NUMBERS)), ("categories", encoder, list(CATEGORIES))]
    )
    pipeline = Pipeline([("columns", columns), ("model", estimator)])
    return pipeline.fit(frame, target(frame, task) if labels is None else labels)


def write(folder: Path, estimator: Any, task: str, pipeline: Pipeline | None = None) -> Pipeline:
    """The artifact folder of the estimator, and the pipeline itself to compare with."""
    folder.mkdir(parents=True)
    pipeline = pipeline or fitted(estimator, task, rows())
    skops.io.dump(pipeline, folder / "model.skops")
    (folder / "signature.json").write_text(json.dumps(signature(task).as_json()))
    held_out = rows(200, seed=7)
    held_out["outcome"] = target(held_out, task)
    held_out["row_key"] = [str(number) for number in range(len(held_out))]
    held_out["prediction"] = pipeline.predict(rows(200, seed=7))
    held_out.to_parquet(folder / "evaluation.parquet")
    return pipeline
