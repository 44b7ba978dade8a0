"""The log as files: JSON lines that the stand-alone verifier reads, and CSV for people."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.audit import checkpoints, reading
from apps.audit.models import Checkpoint, Event, EventQuerySet
from apps.core import exports

BATCH = 1000
_CSV = (
    _("number"),
    _("id"),
    _("when"),
    _("name"),
    _("actor"),
    _("project"),
    _("object type"),
    _("object id"),
    _("object"),
    _("chain"),
    _("facts"),
)


def json_lines(events: EventQuerySet, reader: reading.Reader) -> Iterator[str]:
    """
    First a header, then each event with its seal, then the checkpoints that speak of them.

    Details (reasons, names, addresses) come along for administrators and auditors; for others
    only their hash, inside the body.
    """
    yield _line({"kind": "header", "format": 1, "public_key": checkpoints.public_key_hex()})
    with_details = reading.reads_everything(reader)
    first = last = None
    for event in _in_order(events):
        yield _line(_event(event, with_details))
        if sequence := _sequence(event):
            first, last = min(first or sequence, sequence), max(last or sequence, sequence)
    if last is not None:
        spoken_of = Checkpoint.objects.filter(sequence__gte=first, sequence__lte=last).order_by("sequence")
        yield from (_line(checkpoints.as_line(checkpoint)) for checkpoint in spoken_of.iterator())


def csv_lines(events: EventQuerySet) -> Iterator[str]:
    return exports.csv_lines([str(name) for name in _CSV], (_csv_row(event) for event in _in_order(events)))


def _in_order(events: EventQuerySet) -> Iterator[Event]:
    """By pieces, so that no transaction stays open while somebody downloads slowly."""
    last = 0
    while True:
        found = list(events.filter(pk__gt=last).select_related("seal", "detail").order_by("pk")[:BATCH])
        yield from found
        if len(found) < BATCH:
            return
        last = found[-1].pk


def _event(event: Event, with_details: bool) -> dict[str, Any]:
    seal, detail = getattr(event, "seal", None), getattr(event, "detail", None)
    line: dict[str, Any] = {
        "kind": "event",
        "sequence": seal.sequence if seal else None,
        "previous": seal.previous if seal else None,
        "hash": seal.hash if seal else None,
        "body": event.body,
    }
    if with_details and detail is not None and detail.erased_at is None:
        line |= {"salt": detail.salt, "detail": detail.content}
    return line


def _csv_row(event: Event) -> tuple[Any, ...]:
    facts = json.dumps(json.loads(event.body)["facts"], ensure_ascii=False)
    return (
        *(_sequence(event), event.pk, checkpoints.stamp(event.at), event.name, event.actor, event.project_id),
        *(event.object_type, event.object_id, event.object_label, str(event.chain), facts),
    )


def _sequence(event: Event) -> int | None:
    seal = getattr(event, "seal", None)
    return seal.sequence if seal else None


def _line(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False) + "\n"
