"""
`python -m apps.experiments.training_child JOB.json`: trains in a process of its own.

This module says that it has started before the libraries are imported, which takes seconds.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from apps.core import child_protocol
from apps.core.said import said


def main(job_path: str) -> None:
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    child_protocol.progress(0.0, said("experiments.doing_start"))
    limit_threads(job.get("settings") or {})
    # By name: a plain import at the top would cost seconds before the first sign of life, and
    # OpenMP reads its limit when it is loaded.
    importlib.import_module("apps.experiments.training_job").run(job)


def limit_threads(settings: dict[str, Any]) -> None:
    """The libraries' own thread pools obey the same limit as the trials."""
    count = str(settings.get("n_jobs") or 1)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOKY_MAX_CPU_COUNT"):
        os.environ[name] = count


if __name__ == "__main__":
    main(sys.argv[1])
