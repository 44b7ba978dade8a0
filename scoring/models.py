"""A package, verified and ready to predict."""

import importlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import onnxruntime
from numpy.typing import NDArray

from scoring import manifest
from scoring.inputs import Columns
from scoring.rows import RowReader
from scoring.signature import Signature

SAMPLE_TOLERANCE = 1e-4
"""
How far a sample's number may be from the recorded one, relative to the larger of 1 and the number.
float32 arithmetic differs by about 1e-6 between processors; a wrong model differs by far more.
"""


@dataclass(frozen=True, slots=True)
class Outputs:
    """
    `predictions`: the class's name or the number, one a row.
    `probabilities`: float array of shape (rows, classes) in the order of the signature's classes;
    None for regression and for classifiers without probabilities.
    """

    predictions: list[Any]
    probabilities: NDArray[Any] | None = None

    def by_class(self, classes: Sequence[str]) -> list[dict[str, float]] | None:
        """The probabilities as one mapping a row."""
        if self.probabilities is None:
            return None
        return [dict(zip(classes, row, strict=True)) for row in self.probabilities.tolist()]

    def as_records(self, classes: Sequence[str]) -> list[dict[str, Any]]:
        """One mapping a row: `prediction` and, where there are any, `probabilities` by class."""
        by_class = self.by_class(classes)
        if by_class is None:
            return [{"prediction": prediction} for prediction in self.predictions]
        return [
            {"prediction": prediction, "probabilities": probabilities}
            for prediction, probabilities in zip(self.predictions, by_class, strict=True)
        ]


class Runtime(Protocol):
    def run(self, columns: Columns) -> tuple[list[Any], NDArray[Any] | None]: ...


class SamplesDiffer(ValueError):
    """The loaded model does not answer its samples as it did when it was packaged."""


class OnnxRuntime:
    """One thread: the server's parallelism is requests, not the inside of one."""

    def __init__(self, path: Path, signature: Signature) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        # The runtime's exceptions share no base but Exception.
        except Exception as problem:  # noqa: BLE001
            raise ValueError(f"ONNX Runtime cannot read {path.name}: {problem}") from None
        self._names = [output.name for output in self._session.get_outputs()]
        # The session's own `run` first compares the inputs' names, which takes a third of a
        # single row's time; RowReader makes exactly these inputs.
        self._execute = getattr(self._session, "_sess", self._session).run

    def run(self, columns: Columns) -> tuple[list[Any], NDArray[Any] | None]:
        """Predictions as Python values, and probabilities of shape (rows, classes) or None."""
        outputs = self._execute(self._names, columns, None)
        predictions = outputs[0].ravel().tolist()
        return predictions, outputs[1] if len(outputs) > 1 else None


class LoadedModel:
    def __init__(self, directory: Path, digest: str, runtime: str) -> None:
        document = json.loads((directory / "signature.json").read_bytes())
        self.digest = digest
        self.runtime = runtime
        self.signature = Signature.from_json(document)
        self.reader = RowReader(self.signature)
        self.samples: list[dict[str, Any]] = json.loads((directory / "samples.json").read_bytes())
        self._run = _runtime(directory, runtime, self.signature).run

    def predict(self, columns: Columns) -> Outputs:
        """`columns`: one array of shape (rows, 1) per feature, as `scoring.inputs` makes them."""
        predictions, probabilities = self._run(columns)
        return Outputs(named(predictions, self.signature), probabilities)

    def check_samples(self) -> int:
        """How many samples were answered as recorded. Raises SamplesDiffer when one was not."""
        if not self.samples:
            return 0
        rows = self.reader.from_records([sample["inputs"] for sample in self.samples])
        answers = self.predict(rows.columns).as_records(self.signature.classes)
        for number, (sample, answer) in enumerate(zip(self.samples, answers, strict=True), start=1):
            if not agrees(sample["outputs"], answer):
                raise SamplesDiffer(f"Sample {number} is answered differently than when it was packaged.")
        return len(self.samples)


def named(predictions: list[Any], signature: Signature) -> list[Any]:
    """
    A classifier fitted on class numbers answers numbers: give the classes' names instead.

    Names pass as they are, and so do the numbers of a regression.
    """
    if signature.task == "regression" or not predictions or type(predictions[0]) is not int:
        return predictions
    return [signature.classes[number] for number in predictions]


def _runtime(directory: Path, name: str, signature: Signature) -> Runtime:
    if name == "onnx":
        return OnnxRuntime(directory / "model.onnx", signature)
    # By name, at this point: scikit-learn and pandas cost a second and 150 MB, which a server of
    # ONNX models must not pay, and its image does not even hold them.
    module = importlib.import_module("scoring.skops_model")
    runtime: Runtime = module.SkopsRuntime(directory / "model.skops", signature)
    return runtime


def load(directory: Path, digest: str) -> LoadedModel:
    """
    The model of a package whose every file was hashed again first.

    Raises ManifestRefused (see scoring.manifest), or ValueError for a skops file with a type
    outside the portal's own list.
    """
    stated = manifest.verify(directory, digest)
    if stated.get("runtime") not in ("onnx", "skops"):
        raise manifest.ManifestRefused(f"The runtime {stated.get('runtime')!r} is not known.")
    return LoadedModel(directory, digest, stated["runtime"])


def agrees(expected: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Whether two outputs say the same: labels equal, numbers within SAMPLE_TOLERANCE."""
    if set(expected) != set(answer) or not _same(expected["prediction"], answer["prediction"]):
        return False
    given = answer.get("probabilities", {})
    return all(
        name in given and _same(value, given[name])
        for name, value in expected.get("probabilities", {}).items()
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=SAMPLE_TOLERANCE, abs_tol=SAMPLE_TOLERANCE)
    return bool(one == other)
