"""Whether a converted model answers as the fitted pipeline does."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.core.said import Said, said
from scoring.signature import Signature

ROW_TOLERANCE = 1e-5
"""
How far a row's number may be from the pipeline's: absolute for probabilities, relative to the
spread of the predictions for regression. float32 carries 6e-8; a sum over a few hundred terms
(coefficients, trees) loses about two digits of that, and nothing else may.
"""

SHARE_WITHIN = 0.999
"""
The share of rows that must be within ROW_TOLERANCE. Not all: a value that lies on a tree's split
within the rounding of float32 goes down the other branch, in one row of many thousands.
"""


@dataclass(frozen=True, slots=True)
class Parity:
    rows: int
    max_difference: float
    share_within: float
    labels_equal: bool
    agreeing: NDArray[np.bool_]

    @property
    def objection(self) -> Said | None:
        if not self.labels_equal:
            return said("deployments.other_labels")
        if self.share_within < SHARE_WITHIN:
            return said(
                "deployments.too_far",
                tolerance=ROW_TOLERANCE,
                share=1 - self.share_within,
                rows=self.rows,
            )
        return None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the fitted pipeline answers: `numbers` has the shape (rows, k)."""

    predictions: list[Any]
    numbers: NDArray[np.float64]


def compare(answers: tuple[list[Any], Any], expected: Expected, signature: Signature) -> Parity:
    """
    Holds the packaged model's answers (predictions, probabilities of shape (rows, classes) or
    None) against the fitted pipeline's.
    """
    predictions, probabilities = answers
    regression = signature.task == "regression"
    given = np.asarray(predictions if regression else probabilities, dtype=float)
    given = given.reshape(expected.numbers.shape) if given.size else expected.numbers
    difference = np.abs(given - expected.numbers)
    scale = max(1.0, float(np.std(expected.numbers))) if regression else 1.0
    limit = ROW_TOLERANCE * np.maximum(scale, np.abs(expected.numbers))
    within: NDArray[np.bool_] = np.all(difference <= limit, axis=1)
    same = _same_labels(predictions, expected)
    return Parity(
        rows=len(within),
        max_difference=float(difference.max(initial=0.0)),
        share_within=float(within.mean()) if len(within) else 1.0,
        labels_equal=regression or bool(np.all(same | _ties(expected.numbers))),
        agreeing=within if regression else within & same,
    )


def _same_labels(predictions: list[Any], expected: Expected) -> NDArray[np.bool_]:
    """Equal values of the same type: True is not 1 to a client."""
    pairs = zip(predictions, expected.predictions, strict=True)
    return np.array([type(one) is type(other) and one == other for one, other in pairs], dtype=bool)


def _ties(probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Rows whose two likeliest classes the pipeline itself cannot tell apart: either is right."""
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities), dtype=bool)
    ordered = np.sort(probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2] <= ROW_TOLERANCE
