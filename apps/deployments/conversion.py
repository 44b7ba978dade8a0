"""
From a training's artifact to the package that a scoring server loads.

ONNX where the converted model answers the held-out rows as the fitted pipeline does; the
pipeline itself, in skops format, where it does not.
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from numpy.typing import NDArray
from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.common._registration import get_converter
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from skl2onnx.common.shape_calculator import (
    calculate_linear_classifier_output_shapes,
    calculate_linear_regressor_output_shapes,
)
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from apps.core.said import Said, said
from apps.deployments import parity
from apps.deployments.parity import Expected
from scoring import manifest
from scoring.inputs import MISSING, Columns, columns_from_values
from scoring.models import LoadedModel, OnnxRuntime, load, named
from scoring.signature import Feature, Signature
from scoring.skops_model import frame, load_pipeline

CHECKED_ROWS = 20_000
SAMPLES = 20
_OPSET = {"": 17, "ai.onnx.ml": 3}
_WHOLE_CLASSIFIER_OPTIONS = {"nocl": [True, False], "zipmap": [True, False, "columns"]}


@dataclass(frozen=True, slots=True)
class PackageReport:
    """
    `files`: name → bytes. `max_difference`: the largest distance of any number to the fitted
    pipeline's, over `rows_checked` held-out rows. `fallback_reason`: why not ONNX; None when it is.
    """

    runtime: str
    digest: str
    files: dict[str, int]
    rows_checked: int
    max_difference: float
    labels_equal: bool
    fallback_reason: Said | None


def package(artifact: Path, out: Path) -> PackageReport:
    """
    Writes the package of the artifact into the folder `out`, which must be empty or absent.

    Raises ValueError for a pipeline with a type outside the portal's own list, and for evaluation
    rows that do not fit the signature.
    """
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise ValueError(f"The folder {out.name} is not empty.")
    signature = Signature.from_json(json.loads((artifact / "signature.json").read_bytes()))
    pipeline = load_pipeline(artifact / "model.skops")
    columns = _evaluation_columns(artifact / "evaluation.parquet", signature)
    expected = _answers(pipeline, columns, signature)
    reason = _write_onnx(pipeline, signature, columns, expected, out / "model.onnx")
    if reason is not None:
        shutil.copyfile(artifact / "model.skops", out / "model.skops")
    shutil.copyfile(artifact / "signature.json", out / "signature.json")
    return _finish(out, signature, columns, expected, reason)


def _finish(
    out: Path, signature: Signature, columns: Columns, expected: Expected, reason: Said | None
) -> PackageReport:
    runtime = "onnx" if reason is None else "skops"
    compared = parity.compare(_trial(out, runtime, columns), expected, signature)
    samples = _samples(columns, signature, expected, compared.agreeing)
    (out / "samples.json").write_text(json.dumps(samples, ensure_ascii=False, allow_nan=False))
    document = manifest.describe(out, runtime=runtime)
    (out / manifest.NAME).write_text(json.dumps(document, sort_keys=True, ensure_ascii=False))
    digest = manifest.manifest_digest(document)
    load(out, digest).check_samples()
    return PackageReport(
        runtime=runtime,
        digest=digest,
        files={path.name: path.stat().st_size for path in sorted(out.iterdir())},
        rows_checked=compared.rows,
        max_difference=compared.max_difference,
        labels_equal=compared.labels_equal,
        fallback_reason=reason,
    )


def _trial(directory: Path, runtime: str, columns: Columns) -> tuple[list[Any], Any]:
    """The packaged file's own answers, through the code that will serve it."""
    with tempfile.TemporaryDirectory() as scratch:
        trial = Path(scratch) / "trial"
        shutil.copytree(directory, trial)
        (trial / "samples.json").write_text("[]")
        outputs = LoadedModel(trial, "", runtime).predict(columns)
    return outputs.predictions, outputs.probabilities


def _evaluation_columns(path: Path, signature: Signature) -> Columns:
    """At most CHECKED_ROWS rows, evenly over the file."""
    data = pd.read_parquet(path, columns=signature.feature_names)
    if len(data) > CHECKED_ROWS:
        data = data.iloc[np.linspace(0, len(data) - 1, CHECKED_ROWS).astype(int)]
    values = {
        name: _without_pandas_missing(data[name].astype(object).tolist()) for name in signature.feature_names
    }
    return columns_from_values(values, signature)


def _without_pandas_missing(cells: list[Any]) -> list[Any]:
    return [None if cell is pd.NA or cell is pd.NaT else cell for cell in cells]


def _answers(pipeline: Any, columns: Columns, signature: Signature) -> Expected:
    data = frame(columns)
    predictions = named(np.asarray(pipeline.predict(data)).ravel().tolist(), signature)
    if signature.task == "regression":
        return Expected(predictions, np.asarray(predictions, dtype=float).reshape(-1, 1))
    if not hasattr(pipeline, "predict_proba"):
        return Expected(predictions, np.zeros((len(predictions), 0)))
    return Expected(predictions, np.asarray(pipeline.predict_proba(data), dtype=float))


def _write_onnx(
    pipeline: Any, signature: Signature, columns: Columns, expected: Expected, path: Path
) -> Said | None:
    """Why the model cannot be served as ONNX; None when the file at `path` can."""
    try:
        path.write_bytes(_to_onnx(pipeline, signature))
        predictions, probabilities = OnnxRuntime(path, signature).run(columns)
        answers = (named(predictions, signature), probabilities)
        compared = parity.compare(answers, expected, signature)
    # Converters and the runtime raise whatever they please for a model that they do not know.
    except Exception as problem:  # noqa: BLE001
        path.unlink(missing_ok=True)
        return said("deployments.not_convertible", problem=_first_line(problem))
    if compared.objection is not None:
        path.unlink()
    return compared.objection


def _first_line(problem: Exception) -> str:
    text = str(problem).strip().split("\n")[0].split(". ")[0]
    return (text or type(problem).__name__)[:200].rstrip(".") + "."


def _to_onnx(pipeline: Any, signature: Signature) -> bytes:
    _register_converters()
    inputs = [(feature.name, _tensor_type(feature)) for feature in signature.features]
    # ZipMap would give a Python dictionary a row instead of an array.
    options = None if signature.task == "regression" else {id(pipeline): {"zipmap": False}}
    model = convert_sklearn(
        pipeline, name="model", initial_types=inputs, options=options, target_opset=_OPSET
    )
    content: bytes = model.SerializeToString()
    return content


def _tensor_type(feature: Feature) -> Any:
    return FloatTensorType([None, 1]) if feature.kind == "number" else StringTensorType([None, 1])


def _samples(
    columns: Columns, signature: Signature, expected: Expected, agreeing: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    """Rows spread over those on which both agree, with what the fitted pipeline answers."""
    candidates = np.flatnonzero(agreeing)
    chosen = candidates[np.linspace(0, len(candidates) - 1, min(SAMPLES, len(candidates))).astype(int)]
    return [
        {
            "inputs": {name: _plain(values[row, 0]) for name, values in columns.items()},
            "outputs": _output(expected, int(row), signature),
        }
        for row in chosen
    ]


def _output(expected: Expected, row: int, signature: Signature) -> dict[str, Any]:
    output: dict[str, Any] = {"prediction": expected.predictions[row]}
    if signature.task != "regression" and expected.numbers.shape[1]:
        numbers = expected.numbers[row].tolist()
        output["probabilities"] = dict(zip(signature.classes, numbers, strict=True))
    return output


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return None if value == MISSING else value
    return None if np.isnan(value) else float(value)


def _register_converters() -> None:
    """Registering again replaces the entry with the same one."""
    for estimator, alias, shape in (
        (LGBMClassifier, "LightGbmLGBMClassifier", calculate_linear_classifier_output_shapes),
        (LGBMRegressor, "LightGbmLGBMRegressor", calculate_linear_regressor_output_shapes),
    ):
        options = _WHOLE_CLASSIFIER_OPTIONS if "Classifier" in alias else None
        update_registered_converter(estimator, alias, shape, convert_lightgbm, options=options)
    for estimator, alias, shape in (
        (
            HistGradientBoostingClassifier,
            "SklearnHistGradientBoostingClassifier",
            calculate_linear_classifier_output_shapes,
        ),
        (
            HistGradientBoostingRegressor,
            "SklearnHistGradientBoostingRegressor",
            calculate_linear_regressor_output_shapes,
        ),
    ):
        options = {
            **_WHOLE_CLASSIFIER_OPTIONS,
            "output_class_labels": [False, True],
            "raw_scores": [True, False],
        }
        update_registered_converter(
            estimator,
            "Plain" + alias,
            shape,
            _with_plain_attributes(get_converter(alias)),
            options=options if "Classifier" in alias else None,
        )


def _with_plain_attributes(converter: Callable[..., None]) -> Callable[..., None]:
    """onnx refuses NumPy scalars as attributes, and this converter of skl2onnx's makes them."""

    def convert(scope: Any, operator: Any, container: Any) -> None:
        converter(scope, operator, _PlainAttributes(container))

    return convert


class _PlainAttributes:
    """A container of nodes that turns NumPy values in their attributes into Python's."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, *args: Any, **attributes: Any) -> Any:
        return self._container.add_node(
            *args, **{name: _plain_attribute(value) for name, value in attributes.items()}
        )


def _plain_attribute(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [_plain_scalar(item) for item in value]
    return value


def _plain_scalar(value: Any) -> Any:
    """ONNX has no list of booleans: they are the integers 0 and 1 there."""
    if isinstance(value, bool | np.bool_):
        return int(value)
    return value.item() if isinstance(value, np.generic) else value
