"""
The portal's own secrets for scoring servers, each made once and readable by the portal alone.

The signing key makes traffic tickets, the capture key seals captured rows, and from it comes
what tells a server that a request is the portal's own.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

KEY_BYTES = 32


def signing_key() -> Ed25519PrivateKey:
    """What signs traffic tickets."""
    return Ed25519PrivateKey.from_private_bytes(_secret("ticket_key"))


def public_key() -> bytes:
    """What a scoring server checks tickets with."""
    return signing_key().public_key().public_bytes_raw()


def capture_key() -> bytes:
    """The key of the MAC that seals captured segments."""
    return _secret("capture_key")


def portal_token(endpoint: str) -> str:
    """What marks a probe or a try-out at this endpoint: neither captured nor counted."""
    return hmac.new(capture_key(), f"portal:{endpoint}".encode(), hashlib.sha256).hexdigest()


def _secret(name: str) -> bytes:
    path = Path(settings.KEYS_DIR) / name
    if not path.exists():
        _make(path)
    secret = path.read_bytes()
    if len(secret) != KEY_BYTES:
        raise ValueError(f"The key {name} is damaged: it has {len(secret)} bytes, not {KEY_BYTES}.")
    return secret


def _make(path: Path) -> None:
    """Two processes may make it at once: the first link wins, the other's is thrown away."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(KEY_BYTES))
        os.fsync(descriptor)
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        os.close(descriptor)
        partial.unlink()
