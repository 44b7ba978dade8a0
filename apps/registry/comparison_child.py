"""`python -m apps.registry.comparison_child JOB.json`: compares two models in its own process."""

import importlib
import json
import sys
from pathlib import Path

from apps.core import child_protocol
from apps.core.said import said
from apps.experiments.training_child import limit_threads


def main(job_path: str) -> None:
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    child_protocol.progress(0.0, said("experiments.doing_start"))
    limit_threads(job)
    # By name and late for the same reasons as in the training child.
    importlib.import_module("apps.registry.comparison_job").run(job)


if __name__ == "__main__":
    main(sys.argv[1])
