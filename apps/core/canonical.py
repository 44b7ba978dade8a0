"""One way to write a document as bytes, so that a digest means the same everywhere."""

import hashlib
import json
from pathlib import Path
from typing import Any

from apps.core.said import plain


def encode(document: Any) -> bytes:
    """
    Canonical JSON: sorted keys, no blanks, UTF-8, no NaN. What was said is its code and facts, so
    that the bytes do not depend on a language. Raises ValueError for what JSON cannot hold.
    """
    return json.dumps(
        plain(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(document: Any) -> str:
    """The sha256 of the canonical JSON, in hex."""
    return hashlib.sha256(encode(document)).hexdigest()


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
