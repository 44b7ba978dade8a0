"""
Number the events and chain them by hash. The format is fixed in docs/decisions/0001-sealed-bytes.md.

Only the relay seals. While sealing stands still, what must be provable later is refused.
"""

import hashlib
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.audit.models import Checkpoint, Event, EventQuerySet, Seal
from apps.core.errors import Unavailable
from apps.core.said import Said
from apps.core.saying import later as _

GENESIS = "0" * 64
LATE = timedelta(seconds=60)
SIGNED_LATE = timedelta(seconds=240)
BATCH = 1000
IN_FLIGHT = 5000
"""By how many ids an event may come after a later one: its number was drawn when it was written."""


def hash_of(previous: str, sequence: int, body: str) -> str:
    """sha256 of "<previous>\\n<sequence>\\n<body>" in UTF-8, in hex."""
    return hashlib.sha256(f"{previous}\n{sequence}\n{body}".encode()).hexdigest()


def seal_pending(limit: int = BATCH, *, since: int | None = None) -> int:
    """
    Seal the oldest events that have no seal yet. Returns how many.

    Looks only a little further back than the last sealed event (`since` an event's id: further),
    so that it costs the same however long the log is. Two sealers at once cannot fork the
    chain: the number is unique, so the later one fails and tries again with what the first left.
    """
    pending = list(_unsealed(since).order_by("id").values_list("id", "body")[:limit])
    if not pending:
        return 0
    with transaction.atomic():
        last = Seal.objects.order_by("-sequence").first()
        sequence, previous = (last.sequence, last.hash) if last else (0, GENESIS)
        seals = []
        for event_id, body in pending:
            sequence += 1
            digest = hash_of(previous, sequence, body)
            seals.append(Seal(event_id=event_id, sequence=sequence, previous=previous, hash=digest))
            previous = digest
        Seal.objects.bulk_create(seals)
    return len(seals)


def seal_stragglers() -> int:
    """As `seal_pending`, over the whole log: an event whose transaction ended very late is found too."""
    return seal_pending(since=0)


def oldest_unsealed() -> datetime | None:
    """When the event happened that waits longest for its seal; stragglers aside."""
    return _unsealed().order_by("id").values_list("at", flat=True).first()


def why_not_governed() -> Said | None:
    """
    Why decisions, approvals, promotions and grants must wait: the log is not being sealed, or
    the seals are not being signed.
    """
    now, oldest = timezone.now(), oldest_unsealed()
    if oldest is not None and now - oldest > LATE:
        return _("The event log is not being sealed, so nothing that must be provable can be done now.")
    last = Checkpoint.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    unsigned = Seal.objects.filter(sequence=last + 1).values_list("sealed_at", flat=True).first()
    if unsigned is not None and now - unsigned > SIGNED_LATE:
        return _("The event log is not being signed, so nothing that must be provable can be done now.")
    return None


def require() -> None:
    """Raise Unavailable while sealing stands still."""
    if reason := why_not_governed():
        raise Unavailable(reason)


def _unsealed(since: int | None = None) -> EventQuerySet:
    if since is None:
        last = Seal.objects.order_by("-sequence").values_list("event_id", flat=True).first()
        since = max((last or 0) - IN_FLIGHT, 0)
    return Event.objects.unsealed().filter(pk__gt=since)
