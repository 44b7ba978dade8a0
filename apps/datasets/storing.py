"""Have a file read and profiled by the child process and put the result into storage. For workers."""

import json
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core import storage
from apps.datasets.filing import StoredTable
from apps.pipelines import children
from apps.pipelines.context import StepContext

READING_SECONDS = 3600
MOST_NOTES = 20


def store_csv(context: StepContext, source: Path) -> StoredTable:
    """Raises children.Refused with the reason, and the line where there is one."""
    return _store(context, {"source": str(source)})


def store_table(context: StepContext, parquet: Path, schema: list[dict[str, Any]]) -> StoredTable:
    """
    A Parquet file that the portal made itself, brought to these columns and kinds.

    Raises children.Refused where a column is missing or a value does not fit its kind.
    """
    return _store(context, {"source": str(parquet), "schema": schema})


def _store(context: StepContext, job: dict[str, Any]) -> StoredTable:
    out = context.work_folder / "read"
    try:
        read = children.run(
            context,
            "apps.datasets.ingest_child",
            {**job, "out_dir": str(out)},
            memory_bytes=settings.READING_MEMORY_BYTES,
            seconds=READING_SECONDS,
        )
        return _put(read, out)
    finally:
        shutil.rmtree(out, ignore_errors=True)


def _put(read: dict[str, Any], out: Path) -> StoredTable:
    profile = json.loads((out / "profile.json").read_text(encoding="utf-8"))
    cells = read["rows"] * len(read["schema"])
    summary = {
        "columns": len(read["schema"]),
        "size": (out / "data.parquet").stat().st_size,
        "duplicate_rows": read["duplicate_rows"],
        "missing_share": sum(column["missing"] for column in profile["columns"]) / cells if cells else 0.0,
        "dialect": read["dialect"],
        "reading_notes": read["notes"][:MOST_NOTES],
        "preview_digest": storage.put_file(out / "preview.json"),
    }
    return StoredTable(
        data_digest=storage.put_file(out / "data.parquet"),
        profile_digest=storage.put_file(out / "profile.json"),
        rows=read["rows"],
        schema=read["schema"],
        summary=summary,
    )
