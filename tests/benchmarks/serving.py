"""
One row per request: our server with capture, beside `mlflow models serve` and granian echoing.

Each server is pinned to one core, the clients to another; runs take turns, medians are quoted.
`python -m tests.benchmarks.serving [--rounds N] [--seconds S]`
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import mlflow.sklearn
import numpy as np
import pandas as pd
import psutil
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from apps.deployments import conversion
from scoring.signature import Feature, Signature
from tests.scoring.servers import ROOT, ScoringServer, free_port

NUMBERS = [f"number_{position}" for position in range(14)]
CATEGORIES = [f"category_{position}" for position in range(6)]
SERVER_CORE, CLIENT_CORE = ["taskset", "-c", "0"], ["taskset", "-c", "1"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def training_rows(count=2000):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.normal(size=count).astype("float32") for name in NUMBERS})
    for name in CATEGORIES:
        frame[name] = pd.Series(rng.choice(list("abcdefgh"), count), dtype="str")
    return frame


def write_artifact(folder):
    folder.mkdir()
    frame = training_rows()
    numbers = Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler())])
    columns = ColumnTransformer(
        [
            ("numbers", numbers, NUMBERS),
            ("categories", OneHotEncoder(handle_unknown="ignore"), CATEGORIES),
        ]
    )
    pipeline = Pipeline([("columns", columns), ("model", LogisticRegression(max_iter=500))])
    labels = np.where(frame["number_0"] + (frame["category_0"] == "a") > 0, "yes", "no")
    pipeline.fit(frame, labels.astype(object))
    skops.io.dump(pipeline, folder / "model.skops")
    frame.iloc[:300].to_parquet(folder / "evaluation.parquet")
    features = [
        *(Feature(name, "number") for name in NUMBERS),
        *(Feature(name, "category") for name in CATEGORIES),
    ]
    signature = Signature("binary", "label", tuple(features), ("no", "yes"))
    (folder / "signature.json").write_text(json.dumps(signature.as_json()))
    return pipeline


def message(frame):
    row = frame.iloc[[0]]
    split = {"columns": list(row.columns), "data": row.to_numpy(dtype=object).tolist()}
    body = json.dumps({"dataframe_split": split})
    head = (
        "POST /invocations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body.encode())}\r\n\r\n"
    )
    return head + body


def load(folder, port, text, *, connections, seconds):
    job = folder / "job.json"
    job.write_text(
        json.dumps({"port": port, "message": text, "connections": connections, "seconds": seconds})
    )
    command = [*CLIENT_CORE, sys.executable, "tests/benchmarks/load.py", str(job)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    if answer["failed"]:
        raise RuntimeError(f"{answer['failed']} requests failed on port {port}.")
    return answer


@contextmanager
def running(command, port, environment=None):
    process = subprocess.Popen(
        [*SERVER_CORE, *command], cwd=ROOT, env={**os.environ, **(environment or {})}, **QUIET
    )
    try:
        wait_for(port)
        yield
    finally:
        for child in [*psutil.Process(process.pid).children(recursive=True), process]:
            child.kill()
        process.wait()


def wait_for(port):
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if any(
            one.laddr.port == port and one.status == psutil.CONN_LISTEN
            for one in psutil.net_connections("tcp")
        ):
            time.sleep(0.5)
            return
        time.sleep(0.1)
    raise RuntimeError(f"Nothing listens on port {port}.")


def measure(folder, rounds, seconds):
    pipeline = write_artifact(folder / "artifact")
    report = conversion.package(folder / "artifact", folder / "package")
    package = SimpleNamespace(digest=report.digest, folder=folder / "package")
    trusted = ["numpy.dtype"]
    mlflow.sklearn.save_model(
        pipeline, str(folder / "mlflow"), serialization_format="skops", skops_trusted_types=trusted
    )
    text = message(training_rows())
    ports = {"echo": free_port()}
    ports["mlflow"] = free_port()
    serve = [str(Path(sys.executable).with_name("mlflow")), "models", "serve"]
    peer = [*serve, "-m", str(folder / "mlflow"), "-p", str(ports["mlflow"])]
    runs = {name: [] for name in ("echo", "fast", "durable", "mlflow")}
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    servers = {
        mode: ScoringServer(folder / mode, capture={"mode": mode}, prefix=SERVER_CORE)
        for mode in ("fast", "durable")
    }
    with (
        running([sys.executable, "tests/benchmarks/echo.py", str(ports["echo"])], ports["echo"]),
        running([*peer, "--env-manager", "local"], ports["mlflow"], path),
        servers["fast"] as fast,
        servers["durable"] as durable,
    ):
        for server in (fast, durable):
            server.go_live(package)
            ports[server.configuration["capture"]["mode"]] = server.port
        for _ in range(rounds):
            for name, results in runs.items():
                connections = 64 if name == "durable" else 16
                results.append(load(folder, ports[name], text, connections=connections, seconds=seconds))
        memory = fast.command("status")["rss_bytes"] / 1e6
    return runs, {"rss_mb": round(memory), "ready_s": round(fast.ready_seconds, 2)}


def figures(runs):
    speed = {name: median(results, "requests_per_second") for name, results in runs.items()}
    return {
        "requests_per_second": round(speed["fast"]),
        "ratio_to_mlflow": round(speed["fast"] / speed["mlflow"], 1),
        "ratio_to_limit": round(speed["fast"] / speed["echo"], 3),
        "p99_ms": round(median(runs["fast"], "p99_ms"), 2),
        "durable_ratio": round(speed["durable"] / speed["fast"], 3),
    }


def median(results, name):
    return statistics.median(result[name] for result in results)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        runs, more = measure(Path(folder), arguments.rounds, arguments.seconds)
    print(f"{'server':<10}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}")
    for name, results in runs.items():
        row = [median(results, column) for column in ("requests_per_second", "p50_ms", "p99_ms")]
        print(f"{name:<10}{row[0]:>12,.0f}{row[1]:>10.2f}{row[2]:>10.2f}")
    memory = psutil.virtual_memory().total / 2**30
    machine = {"cores": os.cpu_count(), "memory_gb": round(memory)}
    report = {
        "bench": "serving",
        "figures": {**figures(runs), **more},
        "n": arguments.rounds,
        "machine": machine,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
