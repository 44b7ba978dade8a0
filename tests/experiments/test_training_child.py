import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

from tests.experiments.conftest import QUICK as USUAL
from tests.experiments.conftest import loans

QUICK = USUAL | {"algorithms": ["linear"], "folds": 2}

CHECKOUT = Path(__file__).resolve().parents[2]


def spoken(module, job, tmp_path):
    """The child's lines, each with the seconds after the start."""
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job))
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", module, str(path)],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        lines = [(time.monotonic() - started, json.loads(line)) for line in child.stdout]
    assert child.returncode == 0
    return lines


def test_a_child_speaks_within_three_seconds_and_ends_with_a_result(tmp_path):
    pq.write_table(loans(), tmp_path / "data.parquet")
    out = tmp_path / "run" / "artifact"
    job = {"parquet": str(tmp_path / "data.parquet"), "out_dir": str(out), "settings": QUICK}
    lines = spoken("apps.experiments.training_child", job, tmp_path)
    seconds, first = lines[0]
    assert first == {"progress": 0.0, "doing": {"code": "experiments.doing_start", "facts": {}}}
    assert seconds < 3
    assert lines[-1][1]["result"]["out_dir"] == str(out)
    compared = {"parquet": job["parquet"], "candidate": str(out), "champion": str(out)}
    told = spoken("apps.registry.comparison_child", compared, tmp_path)[-1][1]["result"]
    assert told["verdict"] == "inconclusive"


def test_a_refusal_ends_the_child_normally(tmp_path):
    pq.write_table(loans(), tmp_path / "data.parquet")
    job = {
        "parquet": str(tmp_path / "data.parquet"),
        "out_dir": str(tmp_path / "run" / "artifact"),
        "settings": QUICK | {"target": "profit"},
    }
    lines = spoken("apps.experiments.training_child", job, tmp_path)
    assert lines[-1][1] == {"refused": {"code": "experiments.target_absent", "facts": {"target": "profit"}}}
