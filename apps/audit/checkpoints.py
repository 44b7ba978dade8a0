"""
Sign how long the chain is and what it ends in, and keep a copy outside the database.

A chain of hashes alone does not show that its tail was cut or that all of it was written anew;
a signed statement that has left the database does. The bytes that are signed are fixed in
docs/decisions/0001-sealed-bytes.md.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.models import Checkpoint, Seal

EVERY = timedelta(seconds=60)
EVERY_EVENTS = 100


def sign_when_due() -> Checkpoint | None:
    """A checkpoint at the chain's end, every 100 events, and every minute in which there was one."""
    seal = Seal.objects.order_by("-sequence").first()
    last = Checkpoint.objects.order_by("-sequence").first()
    if seal is None or (last is not None and not _is_due(seal, last)):
        return None
    return _sign(seal)


def _is_due(seal: Seal, last: Checkpoint) -> bool:
    new = seal.sequence - last.sequence
    return new >= EVERY_EVENTS or (new > 0 and timezone.now() - last.at >= EVERY)


@transaction.atomic
def _sign(seal: Seal) -> Checkpoint:
    at = timezone.now()
    signature = _private_key().sign(message(seal.sequence, seal.hash, at)).hex()
    made = Checkpoint.objects.create(sequence=seal.sequence, hash=seal.hash, at=at, signature=signature)
    # In the same transaction: what could not be written outside is signed again.
    _append(made)
    return made


def message(sequence: int, digest: str, at: datetime) -> bytes:
    """The bytes that are signed."""
    return f"mlops-portal checkpoint 1\n{sequence}\n{digest}\n{stamp(at)}".encode()


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def is_signed(checkpoint: Checkpoint) -> bool:
    """Whether the checkpoint bears this portal's signature."""
    try:
        public_key().verify(
            bytes.fromhex(checkpoint.signature), message(checkpoint.sequence, checkpoint.hash, checkpoint.at)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def as_line(checkpoint: Checkpoint) -> dict[str, str | int]:
    return {
        "kind": "checkpoint",
        "sequence": checkpoint.sequence,
        "hash": checkpoint.hash,
        "at": stamp(checkpoint.at),
        "signature": checkpoint.signature,
    }


def outside() -> Iterator[Checkpoint]:
    """The checkpoints as the file outside the database has them, oldest first."""
    try:
        lines = file_outside().read_text().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        said = json.loads(line)
        yield Checkpoint(
            sequence=said["sequence"],
            hash=said["hash"],
            at=datetime.fromisoformat(said["at"]),
            signature=said["signature"],
        )


def file_outside() -> Path:
    return Path(settings.VAR_DIR) / "audit" / "checkpoints.jsonl"


def public_key() -> Ed25519PublicKey:
    return _private_key().public_key()


def public_key_hex() -> str:
    """What the stand-alone verifier wants; keep a copy where the portal's host cannot change it."""
    return public_key().public_bytes_raw().hex()


def _append(checkpoint: Checkpoint) -> None:
    path = file_outside()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(as_line(checkpoint)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _private_key() -> Ed25519PrivateKey:
    path = Path(settings.KEYS_DIR) / "audit_ed25519.pem"
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        pem = _made(path)
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} is not an Ed25519 key.")
    return key


def _made(path: Path) -> bytes:
    if Checkpoint.objects.exists():
        raise FileNotFoundError(f"{path} is missing, but checkpoints were signed with it. Restore it.")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    return pem
