"""API keys: their hashes only, pushed by the portal, good for a short while."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from scoring.problems import Problem

_REMEMBERED = 1024


class KeyList:
    """Compares hashes, so that neither the time taken nor the memory gives a key away."""

    def __init__(self) -> None:
        self._expiry: dict[str, float | None] = {}
        self._valid_until = 0.0
        self._hashes: dict[str, str] = {}

    def replace(self, keys: Iterable[Mapping[str, Any]], valid_until: float) -> None:
        """`expires` of a key and `valid_until` of the list: seconds since the epoch."""
        self._expiry = {key["sha256"]: key.get("expires") for key in keys}
        self._valid_until = valid_until
        self._hashes.clear()

    def check(self, authorization: str | None, now: float) -> None:
        """Raises Problem: 401 without a key, 403 for a wrong or old one, 503 on a stale list."""
        if not authorization or not authorization.startswith("Bearer "):
            raise Problem(401, "Send an API key of this endpoint: “Authorization: Bearer KEY”.")
        if now > self._valid_until:
            raise Problem(
                503,
                "The list of API keys is out of date; the portal has to renew it.",
                retry_after=5,
            )
        digest = self._hash(authorization)
        if digest not in self._expiry:
            raise Problem(403, "This API key is not valid for this endpoint.")
        expires = self._expiry[digest]
        if expires is not None and now > expires:
            raise Problem(403, "This API key has expired.")

    def _hash(self, authorization: str) -> str:
        """Remembered for a few: the same clients come again and again."""
        digest = self._hashes.get(authorization)
        if digest is None:
            digest = hashlib.sha256(authorization[7:].strip().encode()).hexdigest()
            if len(self._hashes) < _REMEMBERED and digest in self._expiry:
                self._hashes[authorization] = digest
        return digest
