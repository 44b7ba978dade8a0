"""Read captured rows for people: every look is an event. Worker-free, but Parquet is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import events
from apps.core import storage
from apps.core.errors import NotAllowed
from apps.deployments.models import Endpoint
from apps.monitoring import policy
from apps.monitoring.models import CaptureFile

ID, TIME, CORRELATION = "request.id", "request.time", "request.correlation_id"
MOST_FILES = 500
"""Files looked through for a caller's own correlation id, newest first."""


@dataclass(frozen=True, slots=True)
class Page:
    columns: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """One captured row, and the file that holds it."""

    file: CaptureFile
    row: dict[str, Any]


def newest(endpoint: Endpoint, *, page: int, size: int, by: User) -> Page:
    """A page of the newest rows, for who may read them; noted as an event. Raises NotAllowed."""
    if reason := policy.why_not_read_rows(endpoint, by):
        raise NotAllowed(reason)
    table = _rows(endpoint, skip=(page - 1) * size, take=size)
    with transaction.atomic():
        events.record("monitoring.capture_read", endpoint, by=by, page=page, rows=table.num_rows)
    return Page(table.column_names, [[_shown(cell) for cell in row.values()] for row in table.to_pylist()])


def count(endpoint: Endpoint) -> int:
    return sum(CaptureFile.objects.accepted().filter(endpoint=endpoint).values_list("rows", flat=True))


def find(files: Sequence[CaptureFile], text: str) -> Iterator[Found]:
    """The rows of this id, looked for in these files."""
    for file in files:
        table = pq.read_table(storage.local_path(file.data_digest), columns=[ID, CORRELATION])
        own = pc.or_(pc.equal(table[ID], text), pc.starts_with(table[ID], f"{text}-"))
        hits = pc.indices_nonzero(pc.or_(own, pc.equal(table[CORRELATION], text)))
        if len(hits):
            whole = pq.read_table(storage.local_path(file.data_digest)).take(hits.cast(pa.int64()))
            yield from (Found(file, row) for row in whole.to_pylist())


def time_in(text: str) -> datetime | None:
    """The moment that an id of the scoring server was made, in its first 48 bits; None for other ids."""
    parts = text.split("-")
    if len(parts) not in (5, 6) or not parts[2].startswith("7"):
        return None
    try:
        return datetime.fromtimestamp(int(parts[0] + parts[1], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _shown(cell: Any) -> Any:
    if not isinstance(cell, datetime):
        return cell
    here = timezone.localtime(cell) if cell.tzinfo else cell
    return here.isoformat(timespec="milliseconds")


def _rows(endpoint: Endpoint, *, skip: int, take: int) -> pa.Table:
    """Files newest first; only those of the page are opened."""
    parts: list[pa.Table] = []
    files = CaptureFile.objects.accepted().filter(endpoint=endpoint).order_by("-last_at", "-pk")
    for digest, rows in files.values_list("data_digest", "rows"):
        if skip >= rows:
            skip -= rows
            continue
        table = pq.read_table(storage.local_path(digest)).sort_by([(TIME, "descending")])
        parts.append(table.slice(skip, take))
        take, skip = take - parts[-1].num_rows, 0
        if take <= 0:
            break
    return pa.concat_tables(parts, promote_options="default") if parts else pa.table({})
