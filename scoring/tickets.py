"""
Traffic tickets: what a server must hold for a version before it answers clients with it.

A ticket is `payload.signature`, both base64url: the payload is canonical JSON, the signature
Ed25519 over it. The portal issues it with the approval; the server only knows the public key.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_CONTEXT = b"mlops.ticket.v1\n"


class TicketRefused(ValueError):
    """The ticket does not allow this. The message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`not_after`: seconds since the epoch. `short_id` is what captured records carry."""

    endpoint: str
    digest: str
    proposal: str
    not_after: int
    short_id: str


def issue(
    private_key: Ed25519PrivateKey,
    *,
    endpoint: str,
    digest: str,
    proposal: str,
    not_after: datetime,
) -> str:
    """The ticket's text. `not_after` must know its time zone."""
    if not_after.tzinfo is None:
        raise ValueError("The end of a ticket needs a time zone.")
    document = {
        "digest": digest,
        "endpoint": endpoint,
        "not_after": int(not_after.timestamp()),
        "proposal": proposal,
    }
    payload = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return f"{_encode(payload)}.{_encode(private_key.sign(_CONTEXT + payload))}"


def check(public_key: Ed25519PublicKey, ticket: str, *, endpoint: str, digest: str, now: float) -> Ticket:
    """`now`: seconds since the epoch. Raises TicketRefused with the reason."""
    payload = _signed_payload(public_key, ticket)
    try:
        found = Ticket(**json.loads(payload), short_id=short_id(ticket))
    except (ValueError, TypeError):
        raise TicketRefused("The ticket does not say what a ticket says.") from None
    if found.endpoint != endpoint:
        raise TicketRefused(f"The ticket is for the endpoint “{found.endpoint}”, not “{endpoint}”.")
    if found.digest != digest:
        raise TicketRefused("The ticket is for another package.")
    if found.not_after <= now:
        raise TicketRefused("The ticket has expired.")
    return found


def short_id(ticket: str) -> str:
    """The first 16 hexadecimal digits of the ticket's SHA-256."""
    return hashlib.sha256(ticket.encode()).hexdigest()[:16]


def _signed_payload(public_key: Ed25519PublicKey, ticket: str) -> bytes:
    head, dot, tail = ticket.partition(".")
    if not dot:
        raise TicketRefused("The ticket is not in the form of a ticket.")
    try:
        payload, signature = _decode(head), _decode(tail)
        public_key.verify(signature, _CONTEXT + payload)
    except (binascii.Error, ValueError):
        raise TicketRefused("The ticket is not in the form of a ticket.") from None
    except InvalidSignature:
        raise TicketRefused("The ticket was not signed by this portal.") from None
    return payload


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    """Strictly: one text alone stands for these bytes, so that a ticket has one short id."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(data) != text:
        raise ValueError("Not canonical base64url.")
    return data
