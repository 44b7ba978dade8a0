"""Write down what happens. The row is the audit entry, and what subscribers hear of it."""

import hashlib
import json
import secrets
import uuid
from typing import Any

from django.db import connection, models
from django.utils import timezone

from apps.audit.models import Delivery, Event, EventDetail
from apps.core import canonical, declared, request_context
from apps.core.actors import Actor, label, person_behind
from apps.core.said import plain, revived

ZERO_CHAIN = uuid.UUID(int=0)


def record(
    name: str,
    subject: models.Model,
    *,
    by: Actor,
    chain: uuid.UUID | None = None,
    project: models.Model | None = None,
    detail: dict[str, Any] | None = None,
    **facts: Any,
) -> Event:
    """
    Record that something happened, inside the transaction that makes it so.

    `facts` are sealed for ever: ids, digests, states, numbers, no personal data. `detail`
    (reasons, names, addresses) lies beside and can be erased; only its salted hash is sealed.
    `chain` is the id of what set this off; a new one where nothing did. `project` is found on
    the subject where it is not given. Raises RuntimeError outside a transaction: an event
    without its change, or a change without its event, must not exist.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{name} must be recorded inside the transaction of what it tells.")
    detail = _with_address(detail)
    salt = secrets.token_hex(16)
    event = _event(name, subject, by, chain, project)
    event.body = canonical.encode(_body(event, facts, salt, detail)).decode()
    event.save(force_insert=True)
    if detail:
        EventDetail.objects.create(event=event, salt=salt, content=canonical.encode(detail).decode())
    Delivery.objects.bulk_create(
        Delivery(event=event, subscriber=dotted) for dotted in declared.names("subscriptions", name)
    )
    return event


def facts_of(event: Event) -> dict[str, Any]:
    """The facts that were recorded with the event."""
    facts: dict[str, Any] = revived(json.loads(event.body)["facts"])
    return facts


def detail_of(event: Event) -> dict[str, Any]:
    """The erasable part of the event; empty where there is none or it was erased."""
    found = EventDetail.objects.filter(event=event, erased_at=None).first()
    return revived(json.loads(found.content)) if found else {}


def detail_hash(salt: str, detail: dict[str, Any]) -> str:
    return hashlib.sha256(salt.encode() + canonical.encode(detail)).hexdigest()


def _with_address(detail: dict[str, Any] | None) -> dict[str, Any]:
    address = request_context.address.get()
    return {**(detail or {}), **({"address": address} if address else {})}


def _event(
    name: str,
    subject: models.Model,
    by: Actor,
    chain: uuid.UUID | None,
    project: models.Model | None,
) -> Event:
    person = person_behind(by)
    return Event(
        name=name,
        at=timezone.now(),
        chain=chain or uuid.uuid4(),
        project_id=_project_id(subject, project),
        actor=label(by),
        actor_id=person.pk if person else None,
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
        object_label=_printable(_label(subject))[:300],
    )


def _label(subject: models.Model) -> str:
    """How the object is written down for ever; what would name a person says its own `event_label`."""
    return str(getattr(subject, "event_label", None) or subject)


def _project_id(subject: models.Model, project: models.Model | None) -> int | None:
    if project is not None:
        return int(project.pk)
    if subject._meta.label_lower == "projects.project":
        return int(subject.pk)
    found = getattr(subject, "project_id", None) or getattr(getattr(subject, "project", None), "pk", None)
    return int(found) if found else None


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _body(event: Event, facts: dict[str, Any], salt: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": 1,
        "name": event.name,
        "at": event.at.isoformat(timespec="microseconds"),
        "chain": str(event.chain),
        "project": event.project_id,
        "actor": event.actor,
        "object": [event.object_type, event.object_id, event.object_label],
        "facts": json.loads(json.dumps(plain(facts), default=str)),
        "detail": detail_hash(salt, detail) if detail else None,
    }
