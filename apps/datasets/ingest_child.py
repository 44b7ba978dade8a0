"""
The child process that reads an uploaded file: ``python -m apps.datasets.ingest_child JOB.json``.

The job is {"source": path, "out_dir": path, "limits": {name: figure}}; with "schema" (the JSON
of column_kinds.Schema) the source is a Parquet file that is brought to these columns instead
of a CSV file that is read. Writes ``data.parquet``, ``profile.json`` and ``preview.json`` (the
first rows as texts) into ``out_dir``; what cannot be read is refused with the reason.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from apps.core import child_protocol
from apps.core.said import Said, plain, said
from apps.datasets import preview
from apps.datasets.profiling import profile
from apps.datasets.reading import Limits, ReadResult, read_csv
from apps.datasets.refusals import Unreadable
from apps.datasets.retyping import retype
from apps.datasets.schema import Schema

READING_SHARE = 0.7
PREVIEW_ROWS = 200
MOST_PREVIEW_CELLS = 40_000
MOST_CELL_SIGNS = 200


def main(job_path: Path) -> None:
    job = json.loads(job_path.read_text(encoding="utf-8"))
    out_dir = Path(job["out_dir"])
    out_dir.mkdir(parents=True, exist_ok=True)
    try:
        read = _read(job, out_dir / "data.parquet")
    except Unreadable as error:
        child_protocol.refuse(_with_line(error))
        return
    child_protocol.result(describe(read, out_dir))


def ingest(source: Path, out_dir: Path, limits: Limits) -> dict[str, Any]:
    """Read and profile a CSV file; what was read, with the profile's notes. Raises Unreadable."""
    out_dir.mkdir(parents=True, exist_ok=True)
    read = read_csv(source, out_dir / "data.parquet", limits=limits, report=_reading)
    return describe(read, out_dir)


def describe(read: ReadResult, out_dir: Path) -> dict[str, Any]:
    """Profile ``data.parquet`` in the folder and write what is known of it beside it."""
    child_protocol.progress(READING_SHARE, said("datasets.doing_profile"))
    found = profile(out_dir / "data.parquet")
    _write_whole(out_dir / "profile.json", found.as_json())
    _write_whole(out_dir / "preview.json", first_rows(out_dir / "data.parquet", read.schema))
    child_protocol.progress(1.0, said("datasets.done"))
    return {
        **read.as_json(),
        "duplicate_rows": found.duplicate_rows,
        "profile_notes": list(found.notes),
    }


def first_rows(parquet: Path, schema: Schema) -> dict[str, Any]:
    """{"columns": names, "rows": texts}: fewer rows of very wide tables, long cells cut."""
    rows = max(1, min(PREVIEW_ROWS, MOST_PREVIEW_CELLS // len(schema.columns)))
    found = preview.page(parquet, 0, rows)
    return {"columns": schema.names, "rows": [[_cut(cell) for cell in row] for row in found]}


def _cut(cell: str | None) -> str | None:
    return cell if cell is None or len(cell) <= MOST_CELL_SIGNS else cell[:MOST_CELL_SIGNS] + "…"


def _read(job: dict[str, Any], out: Path) -> ReadResult:
    source = Path(job["source"])
    if "schema" in job:
        return retype(source, out, Schema.from_json(job["schema"]), _reading)
    return read_csv(source, out, limits=Limits(**job.get("limits", {})), report=_reading)


def _with_line(error: Unreadable) -> Said:
    if error.line is None or "line" in error.sentence.facts:
        return error.sentence
    return said("datasets.at_line", what=error.sentence, line=error.line)


def _reading(fraction: float, doing: Said) -> None:
    child_protocol.progress(fraction * READING_SHARE, doing)


def _write_whole(path: Path, document: dict[str, Any]) -> None:
    """Write so that the file is there completely or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(plain(document), allow_nan=False, ensure_ascii=False), encoding="utf-8")
    os.replace(partial, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
