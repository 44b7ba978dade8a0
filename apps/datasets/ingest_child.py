"""
The child process that reads an uploaded file: ``python -m apps.datasets.ingest_child JOB.json``.

The job is {"source": path, "out_dir": path, "limits": {name: figure}}. Writes ``data.parquet``
and ``profile.json`` into ``out_dir``; a file that cannot be read is refused with a sentence.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from apps.core import child_protocol
from apps.datasets.profiling import profile
from apps.datasets.reading import Limits, read_csv
from apps.datasets.refusals import Unreadable

READING_SHARE = 0.7


def main(job_path: Path) -> None:
    job = json.loads(job_path.read_text(encoding="utf-8"))
    try:
        document = ingest(Path(job["source"]), Path(job["out_dir"]), Limits(**job.get("limits", {})))
    except Unreadable as error:
        child_protocol.refuse(error.sentence)
        return
    child_protocol.result(document)


def ingest(source: Path, out_dir: Path, limits: Limits) -> dict[str, Any]:
    """Read and profile; what was read, with the profile's notes. Raises Unreadable."""
    out_dir.mkdir(parents=True, exist_ok=True)
    read = read_csv(source, out_dir / "data.parquet", limits=limits, report=_reading)
    child_protocol.progress(READING_SHARE, "Profiling the columns")
    found = profile(out_dir / "data.parquet")
    _write_whole(out_dir / "profile.json", found.as_json())
    child_protocol.progress(1.0, "Done")
    return {
        **read.as_json(),
        "duplicate_rows": found.duplicate_rows,
        "profile_notes": list(found.notes),
    }


def _reading(fraction: float, message: str) -> None:
    child_protocol.progress(fraction * READING_SHARE, message)


def _write_whole(path: Path, document: dict[str, Any]) -> None:
    """Write so that the file is there completely or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(document, allow_nan=False, ensure_ascii=False), encoding="utf-8")
    os.replace(partial, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
