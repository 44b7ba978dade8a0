"""Read captured rows for people: every look is an event. Worker-free, but Parquet is read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.audit import events
from apps.core import storage
from apps.core.errors import NotAllowed
from apps.deployments.models import Endpoint
from apps.monitoring import policy
from apps.monitoring.models import CaptureFile

ID, TIME, CORRELATION = "request.id", "request.time", "request.correlation_id"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGEST, TICKET, LATENCY = "request.digest", "request.ticket", "request.latency_ms"
WORDS: Final[dict[str, str | Promise]] = {
    ID: gettext_lazy("Request"),
    TIME: gettext_lazy("When"),
    LATENCY: gettext_lazy("Latency, ms"),
    CORRELATION: gettext_lazy("Correlation id"),
    DIGEST: gettext_lazy("Package"),
    TICKET: gettext_lazy("Ticket"),
}
ANSWER: Final = "prediction."
"""How the names of answers begin (baselines.output_names)."""
_KINDS: Final = {ID: "id", TIME: "time", CORRELATION: "code", DIGEST: "digest", TICKET: "code"}
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
    return Page(table.column_names, [[_shown(cell) for cell in row.values()] for row in _dicts(table)])


def for_people(page: Page) -> tuple[list[str | Promise], list[list[tuple[str, Any]]]]:
    """The same with what was answered before what was asked: headers, and rows of (kind, cell)."""
    answers = [name for name in page.columns if name.startswith(ANSWER)]
    asked = [name for name in page.columns if name not in WORDS and name not in answers]
    order = [ID, TIME, LATENCY, *answers, *asked, CORRELATION, DIGEST, TICKET]
    names = [name for name in order if name in page.columns]
    places = [page.columns.index(name) for name in names]
    kinds = [_KINDS.get(name, "value") for name in names]
    rows = [
        [
            (kind, datetime.fromisoformat(row[place]) if kind == "time" else row[place])
            for kind, place in zip(kinds, places, strict=True)
        ]
        for row in page.rows
    ]
    return [WORDS.get(name, name) for name in names], rows


def count(endpoint: Endpoint) -> int:
    return sum(CaptureFile.objects.accepted().filter(endpoint=endpoint).values_list("rows", flat=True))


def find(files: Sequence[CaptureFile], text: str) -> Iterator[Found]:
    """The rows of this id, looked for in these files: a request's rows carry its id and a number."""
    own, whole = f"^{re.escape(text)}(-|$)", f"^{re.escape(text)}$"
    for file in files:
        parquet = _opened(file.data_digest)
        table = parquet.read(columns=[ID, CORRELATION])
        hits = pc.indices_nonzero(pc.or_(_match(table[ID], own), _match(table[CORRELATION], whole)))
        if len(hits):
            yield from (Found(file, row) for row in _dicts(parquet.read().take(hits)))


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


# `read_table`, and what turns moments and single values from Arrow's into Python's or back, would load pandas
# into the web process.


def _opened(digest: str) -> pq.ParquetFile:
    return pq.ParquetFile(storage.local_path(digest))


def _match(column: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    return pc.match_substring_regex(column, pattern=pattern)


def _dicts(table: pa.Table) -> list[dict[str, Any]]:
    """Each row by column name, as `to_pylist` gives it."""
    moments = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    for name in moments:
        place = table.schema.get_field_index(name)
        microseconds = table[name].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        table = table.set_column(place, name, microseconds)
    rows: list[dict[str, Any]] = table.to_pylist()
    for row in rows:
        row |= {name: _moment(row[name]) for name in moments}
    return rows


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)


def _rows(endpoint: Endpoint, *, skip: int, take: int) -> pa.Table:
    """Files newest first; only those of the page are opened."""
    parts: list[pa.Table] = []
    files = CaptureFile.objects.accepted().filter(endpoint=endpoint).order_by("-last_at", "-pk")
    for digest, rows in files.values_list("data_digest", "rows"):
        if skip >= rows:
            skip -= rows
            continue
        table = _opened(digest).read().sort_by([(TIME, "descending")])
        parts.append(table.slice(skip, take))
        take, skip = take - parts[-1].num_rows, 0
        if take <= 0:
            break
    return pa.concat_tables(parts, promote_options="default") if parts else pa.table({})
