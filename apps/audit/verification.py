"""
Check the log: every event numbered once, in order, each seal the hash of what it says, every
column as sealed, every detail as hashed, every checkpoint signed and met.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit import checkpoints
from apps.audit.models import Checkpoint, Event, EventDetail, Seal
from apps.audit.sealing import GENESIS, hash_of
from apps.core.said import NOTHING, Said
from apps.core.saying import later as _

BATCH = 2000
ERASED = "audit.detail_erased"


@dataclass(frozen=True, slots=True)
class Finding:
    """`broken_at` is the first number that does not hold, with the reason; None when all hold."""

    sealed: int
    unsealed: int
    broken_at: int | None = None
    reason: Said = NOTHING

    @property
    def holds(self) -> bool:
        return self.broken_at is None


@dataclass(frozen=True, slots=True)
class Row:
    """A seal, the event as its columns say it, and its detail."""

    sequence: int
    previous: str
    hash: str
    name: str
    at: datetime
    chain: UUID
    project_id: int | None
    actor: str
    actor_id: int | None
    object: tuple[str, str, str]
    body: str
    salt: str | None
    content: str | None
    erased_at: datetime | None
    event_id: int


_COLUMNS = ("name", "at", "chain", "project_id", "actor", "actor_id")
_OBJECT = ("object_type", "object_id", "object_label")
_FIELDS = (
    *("sequence", "previous", "hash"),
    *(f"event__{name}" for name in _COLUMNS),
    *(f"event__{name}" for name in _OBJECT),
    *("event__body", "event__detail__salt", "event__detail__content", "event__detail__erased_at", "event_id"),
)


def verify() -> Finding:
    """Walk the whole chain once, in constant memory, while others go on writing."""
    # Taken before the walk, so that none says more than the walk can have seen.
    due = _checkpoints()
    erased = _told_erased()
    count, previous = 0, GENESIS
    for row in _rows():
        problem = (
            _link_problem(row, count + 1, previous)
            or column_problem(row)
            or _detail_problem(row, erased)
            or _checkpoint_problem(row, due.pop(row.sequence, []))
        )
        if problem:
            return Finding(count, _unsealed(), count + 1, problem)
        count, previous = row.sequence, row.hash
    if due:
        tail = _(
            "The chain ends at %(n)d, but a checkpoint says %(m)d: the tail was cut.", n=count, m=max(due)
        )
        return Finding(count, _unsealed(), count + 1, tail)
    return Finding(count, _unsealed())


def _rows() -> Iterator[Row]:
    """By pieces rather than one long query, which would hold a transaction open."""
    last = 0
    while True:
        rows = list(Seal.objects.filter(sequence__gt=last).order_by("sequence").values_list(*_FIELDS)[:BATCH])
        for sequence, before, digest, name, at, chain, project, actor, person, kind, pk, label, *rest in rows:
            yield Row(
                *(sequence, before, digest, name, at, chain, project, actor, person, (kind, pk, label)), *rest
            )
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def _unsealed() -> int:
    return Event.objects.unsealed().count()


def _link_problem(row: Row, expected: int, previous: str) -> Said:
    if row.sequence != expected:
        return _("Number %(n)d is missing.", n=expected)
    if row.previous != previous:
        return _("Number %(n)d does not follow from the one before.", n=row.sequence)
    if hash_of(previous, row.sequence, row.body) != row.hash:
        return _("Number %(n)d was altered.", n=row.sequence)
    return NOTHING


def column_problem(row: Row) -> Said:
    """The columns are what pages filter and show, so they must say what was sealed."""
    body = json.loads(row.body)
    said = {
        "name": row.name,
        "at": checkpoints.stamp(row.at),
        "chain": str(row.chain),
        "project": row.project_id,
        "actor": row.actor,
        "object": list(row.object),
    }
    wrong = [name for name, value in said.items() if body.get(name) != value]
    if row.actor_id != _person_in(str(body.get("actor"))):
        wrong.append("actor_id")
    if wrong:
        return _(
            "Number %(n)d was altered: %(columns)s differ from what was sealed.",
            n=row.sequence,
            columns=wrong,
        )
    return NOTHING


def _person_in(actor: str) -> int | None:
    _before, found, number = actor.rpartition("user:")
    return int(number) if found and number.isdigit() else None


def _detail_problem(row: Row, erased: set[str]) -> Said:
    sealed: Any = json.loads(row.body).get("detail")
    if row.salt is None or row.content is None:
        return _("The detail of number %(n)d is missing.", n=row.sequence) if sealed else NOTHING
    if row.erased_at is not None:
        told = str(row.event_id) in erased
        if told:
            return NOTHING
        return _("The detail of number %(n)d was erased, but nothing tells of it.", n=row.sequence)
    if hashlib.sha256((row.salt + row.content).encode()).hexdigest() != sealed:
        return _("The detail of number %(n)d was altered.", n=row.sequence)
    return NOTHING


def _told_erased() -> set[str]:
    if not EventDetail.objects.exclude(erased_at=None).exists():
        return set()
    return set(Event.objects.filter(name=ERASED).values_list("object_id", flat=True))


def _checkpoints() -> dict[int, list[Checkpoint]]:
    """Those in the database and those in the file outside it, by number."""
    found: dict[int, list[Checkpoint]] = {}
    for checkpoint in [*Checkpoint.objects.all(), *checkpoints.outside()]:
        found.setdefault(checkpoint.sequence, []).append(checkpoint)
    return found


def _checkpoint_problem(row: Row, due: list[Checkpoint]) -> Said:
    for checkpoint in due:
        if checkpoint.hash != row.hash:
            return _("The checkpoint at %(n)d says another hash: the chain was written anew.", n=row.sequence)
        if not checkpoints.is_signed(checkpoint):
            return _("The checkpoint at %(n)d is not signed by this portal.", n=row.sequence)
    return NOTHING
