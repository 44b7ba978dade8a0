"""What a data scientist does from a notebook: a plain MLflow client, a portal token, nothing else."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from apps.accounts import tokens
from apps.gateway.models import TrackedExperiment, TrackedRun
from apps.projects.roles import Role
from tests.factories import ProjectFactory, member

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

NOTEBOOK = """
import json, os, sys, tempfile, warnings
warnings.simplefilter("ignore")
import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression

said = {}
mlflow.set_experiment(sys.argv[1] + "/notebook")
with mlflow.start_run(run_name="by hand") as run:
    mlflow.log_params({"C": 1.0})
    mlflow.log_metric("auc", 0.75)
    mlflow.log_metrics({"f1": 0.5, "brier": 0.2}, step=1)
    mlflow.set_tag("mlflow.user", "somebody else")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "note.txt")
        open(path, "w").write("hello")
        mlflow.log_artifact(path)
    model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    logged = mlflow.sklearn.log_model(model, name="model", serialization_format="skops")
said["run"] = run.info.run_id
note = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="note.txt")
said["note"] = open(note).read()
said["predictions"] = [int(p) for p in mlflow.sklearn.load_model(logged.model_uri).predict([[0.0], [3.0]])]
found = mlflow.search_runs(experiment_names=[sys.argv[1] + "/notebook"], output_format="list")
said["found"] = [(r.data.metrics["auc"], r.data.tags["mlflow.user"]) for r in found]
said["visible"] = sorted(e.name for e in mlflow.search_experiments())

def refused(name, call):
    try:
        call()
        said[name] = "passed"
    except MlflowException as error:
        said[name] = str(error)

client = MlflowClient()
refused("register", lambda: client.create_registered_model("champion"))
refused("alias", lambda: client.set_registered_model_alias("champion", "champion", "1"))
refused("delete run", lambda: client.delete_run(run.info.run_id))
refused("delete experiment", lambda: client.delete_experiment(run.info.experiment_id))
refused("foreign project", lambda: mlflow.set_experiment(sys.argv[2] + "/notebook"))
refused("no project", lambda: mlflow.set_experiment("notebook"))
refused("default experiment", lambda: client.create_run("0"))
if len(sys.argv) > 3:
    refused("other's run", lambda: client.log_metric(sys.argv[3], "auc", 1.0))
print("SAID " + json.dumps(said))
"""


def notebook(live_server, token, *arguments):
    """Run the notebook in a process that has nothing but the address and the token."""
    finished = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, *arguments],
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "MLFLOW_TRACKING_URI": f"{live_server.url}/mlflow",
            "MLFLOW_TRACKING_TOKEN": token,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = [line for line in finished.stdout.splitlines() if line.startswith("SAID ")]
    assert lines, finished.stderr[-3000:]
    return json.loads(lines[0].removeprefix("SAID "))


def token_of(person, scope="tracking", reference=""):
    return tokens.create(
        person,
        label="notebook",
        scope=scope,
        lifetime=timedelta(hours=1),
        by=person,
        run_reference=reference,
    )[1]


def test_a_plain_client_logs_runs_artifacts_and_models_and_governed_calls_are_refused(
    live_server, mlflow_server, project
):
    scientist = member(project, Role.DATA_SCIENTIST)
    foreign = ProjectFactory()

    said = notebook(live_server, token_of(scientist), project.slug, foreign.slug)

    assert said["note"] == "hello"
    assert said["predictions"] == [0, 1]
    assert said["found"] == [[0.75, scientist.email]]
    assert said["visible"] == [f"{project.slug}/notebook"]
    assert TrackedExperiment.objects.get().project == project
    assert TrackedRun.objects.get(run_id=said["run"]).owner == scientist
    for governed in ("register", "alias", "delete run", "delete experiment"):
        assert "governed" in said[governed], said[governed]
    assert project.slug in said["foreign project"]
    assert "<project>/<name>" in said["no project"]
    assert "no such thing" in said["default experiment"]


def test_nobody_writes_to_another_persons_run(live_server, mlflow_server, project):
    run = notebook(live_server, token_of(member(project, Role.DATA_SCIENTIST)), project.slug, "elsewhere")[
        "run"
    ]
    other = member(project, Role.DATA_SCIENTIST)

    said = notebook(live_server, token_of(other), project.slug, "elsewhere", run)

    assert "belongs to" in said["other's run"]
