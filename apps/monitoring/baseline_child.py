"""
`python -m apps.monitoring.baseline_child JOB.json`: a version's baseline, in a process of its own.

Inputs are counted over the rows that the model was fitted on (cleaned and split again, as the
training did), outputs over the rows that it had not seen, since answers to known rows are too sure.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from apps.core import child_protocol
from apps.core.said import of_error, said
from apps.experiments.preparing import prepare
from apps.experiments.splitting import SplitRefused
from apps.experiments.training import TrainingRefused, TrainingSettings
from apps.monitoring import baselines, performance
from apps.monitoring.baselines import PREDICTED_CLASS, PREDICTED_VALUE, SCORE, Baseline
from apps.monitoring.performance import Figure
from scoring.signature import Signature


def main(job_path: str) -> None:
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    try:
        child_protocol.result(run(job))
    except (TrainingRefused, SplitRefused, ValueError) as refusal:
        child_protocol.refuse(of_error(refusal))


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Writes job["out"]; returns the number of rows and the performance on the held-out rows."""
    signature = Signature.from_json(job["signature"])
    child_protocol.progress(0.1, said("monitoring.finding_training_rows"))
    prepared = prepare(pq.read_table(job["data"]), TrainingSettings.from_json(job["settings"]))
    inputs = prepared.table.filter(pa.array(prepared.training))
    child_protocol.progress(0.4, said("monitoring.counting"))
    held_out = pq.read_table(job["held_out"])
    baseline = of_rows(inputs, held_out, signature)
    Path(job["out"]).write_text(json.dumps(baseline.as_json(), allow_nan=False), encoding="utf-8")
    figures = [asdict(figure) for figure in reference(held_out, signature)]
    return {"rows": baseline.rows, "performance": figures}


def of_rows(inputs: pa.Table, held_out: pa.Table, signature: Signature) -> Baseline:
    """Inputs of the one table, outputs of the other, as one baseline. ValueError as baselines.build."""
    without_inputs = Signature(signature.task, signature.target, (), signature.classes)
    of_inputs = baselines.build(inputs, signature)
    of_outputs = baselines.build(outputs(held_out, signature), without_inputs)
    return Baseline(of_inputs.rows, {**of_inputs.columns, **of_outputs.columns})


def outputs(held_out: pa.Table, signature: Signature) -> dict[str, Any]:
    """The model's answers under the names that captured rows have them."""
    if signature.task == "regression":
        return {PREDICTED_VALUE: held_out["prediction"]}
    found: dict[str, Any] = {PREDICTED_CLASS: held_out["prediction"]}
    if signature.positive_class is not None:
        found[SCORE] = held_out[f"probability_{signature.positive_class}"]
    return found


def reference(held_out: pa.Table, signature: Signature) -> list[Figure]:
    """The figures that later ones are held against, computed as they will be."""
    known = held_out.filter(pc.is_valid(held_out["target"]))
    true, predicted = known["target"].to_numpy(), known["prediction"].to_numpy()
    if signature.task == "regression":
        return performance.of_numbers(true.astype(float), predicted.astype(float))
    figures = performance.of_classes(true.astype(str), predicted.astype(str), signature.classes)
    if signature.positive_class is not None:
        score = known[f"probability_{signature.positive_class}"].to_numpy().astype(np.float64)
        figures += performance.of_scores(true.astype(str) == signature.positive_class, score)
    return figures


if __name__ == "__main__":
    main(sys.argv[1])
