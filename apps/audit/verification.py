"""Check the chain: every event sealed once, in order, each seal the hash of what it says."""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.audit.models import Checkpoint, Event, Seal
from apps.audit.sealing import GENESIS, hash_of


@dataclass(frozen=True, slots=True)
class Verification:
    """`broken_at` is the first number that does not hold, with the reason; None when all hold."""

    sealed: int
    unsealed: int
    broken_at: int | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def verify() -> Verification:
    """Walk the whole chain once, in constant memory."""
    count = 0
    unsealed = Event.objects.unsealed().count()
    for sequence, problem in _walk():
        if problem:
            return Verification(count, unsealed, sequence, problem)
        count = sequence
    if problem := _checkpoint_problem(count):
        return Verification(count, unsealed, count, problem)
    return Verification(count, unsealed)


def _walk() -> Iterator[tuple[int, str]]:
    expected, previous = 1, GENESIS
    rows = Seal.objects.order_by("sequence").values_list("sequence", "previous", "hash", "event__body")
    for sequence, said_previous, digest, body in rows.iterator(chunk_size=5000):
        if sequence != expected:
            yield expected, f"Number {expected} is missing."
            return
        if said_previous != previous or hash_of(previous, sequence, body) != digest:
            yield sequence, f"Number {sequence} was altered."
            return
        yield sequence, ""
        expected, previous = sequence + 1, digest


def _checkpoint_problem(length: int) -> str:
    last = Checkpoint.objects.order_by("-sequence").first()
    if last is None:
        return ""
    if last.sequence > length:
        return f"The chain ends at {length}, but a checkpoint says {last.sequence}: the tail was cut."
    sealed = Seal.objects.filter(sequence=last.sequence).values_list("hash", flat=True).first()
    return "" if sealed == last.hash else f"The checkpoint at {last.sequence} does not match."
