"""
Log one finished training to MLflow: `python -m apps.tracking.logging_child JOB.json`.

A process of its own, since MLflow's client is large. It goes through the gate like any other
client, with a token that is good for this run alone. Logging the same training again finds
the run that is there.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import mlflow
import skops.io
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException

from apps.core import child_protocol
from apps.core.said import own_words
from scoring.trusted_types import TRUSTED_TYPES

REFERENCE_TAG = "portal.training_run"
MOST_PARAM_CHARACTERS = 6000
MOST_SENTENCE_CHARACTERS = 500


def main(path: Path) -> None:
    job = json.loads(path.read_text())
    mlflow.set_tracking_uri(job["tracking_uri"])
    try:
        child_protocol.result({"run_id": _log(job)})
    except MlflowException as error:
        child_protocol.refuse(own_words(str(error)[:MOST_SENTENCE_CHARACTERS]))


def _log(job: dict[str, Any]) -> str:
    client = MlflowClient()
    experiment_id = mlflow.set_experiment(job["experiment"]).experiment_id
    run = _run(client, experiment_id, job)
    run_id: str = run.info.run_id
    now = run.info.start_time
    client.log_batch(
        run_id,
        metrics=[Metric(name, value, now, 0) for name, value in job["metrics"].items()],
        params=[Param(name, str(value)[:MOST_PARAM_CHARACTERS]) for name, value in job["params"].items()],
        tags=[RunTag(name, str(value)) for name, value in job["tags"].items()],
    )
    artifact = Path(job["artifact"])
    for name in job["files"]:
        client.log_artifact(run_id, str(artifact / name))
    _log_model(run_id, artifact)
    client.set_terminated(run_id, "FINISHED")
    return run_id


def _run(client: MlflowClient, experiment_id: str, job: dict[str, Any]) -> Run:
    wanted = f"tags.`{REFERENCE_TAG}` = '{job['reference']}'"
    found = client.search_runs([experiment_id], wanted, max_results=1)
    if found:
        return found[0]
    tags = {REFERENCE_TAG: job["reference"]}
    return client.create_run(experiment_id, tags=tags, run_name=job["run_name"])


def _log_model(run_id: str, artifact: Path) -> None:
    model = skops.io.load(artifact / "model.skops", trusted=list(TRUSTED_TYPES))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with mlflow.start_run(run_id=run_id):
            mlflow.sklearn.log_model(
                model,
                name="model",
                serialization_format="skops",
                skops_trusted_types=list(TRUSTED_TYPES),
                pip_requirements=(artifact / "environment.lock").read_text().splitlines(),
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
