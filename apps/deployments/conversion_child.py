"""
Packages an artifact in a process of its own.

`python -m apps.deployments.conversion_child JOB.json`: the job is {"artifact": folder,
"out": folder}, what it says is apps.core.child_protocol's.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from apps.core import child_protocol
from apps.core.said import of_error, said
from apps.deployments import conversion


def main(arguments: list[str]) -> int:
    job = json.loads(Path(arguments[0]).read_bytes())
    child_protocol.progress(0.0, said("deployments.doing_conversion"))
    try:
        report = conversion.package(Path(job["artifact"]), Path(job["out"]))
    except (ValueError, OSError) as refused:
        child_protocol.refuse(of_error(refused))
        return 1
    child_protocol.progress(1.0, said("deployments.packaged", runtime=report.runtime))
    child_protocol.result(asdict(report))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
