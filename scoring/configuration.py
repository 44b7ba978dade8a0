"""What a server is told at its start: one JSON file, which the keeper writes."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """
    `fast` answers before the row is on the disk, `durable` after. `when_full` says what happens
    when the spool holds `cap_bytes` or the disk refuses: requests are refused, or rows dropped
    and counted.
    """

    mode: Literal["fast", "durable", "off"] = "fast"
    seal_seconds: float = 60.0
    seal_bytes: int = 64 * _MEGABYTE
    cap_bytes: int = 2048 * _MEGABYTE
    when_full: Literal["block", "drop"] = "drop"

    def __post_init__(self) -> None:
        if self.mode not in ("fast", "durable", "off"):
            raise ValueError(f"capture.mode cannot be {self.mode!r}.")
        if self.when_full not in ("block", "drop"):
            raise ValueError(f"capture.when_full cannot be {self.when_full!r}.")


@dataclass(frozen=True, slots=True)
class Configuration:
    """
    `source` and `model` are written into every captured record. `portal_token`, where there is
    one, marks the portal's own requests: they need no key, and are neither captured nor counted.
    """

    endpoint: str
    host: str
    port: int
    state_dir: Path
    public_key: Ed25519PublicKey
    capture_key: bytes
    source: str
    model: str
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    max_body_bytes: int = 8 * _MEGABYTE
    max_rows: int = 10_000
    require_key: bool = True
    portal_token: str = ""

    @property
    def spool(self) -> Path:
        return self.state_dir / "spool"

    @property
    def control_socket(self) -> Path:
        return self.state_dir / "control.sock"


def read(path: Path) -> Configuration:
    """Raises ValueError or TypeError, with the reason, for a file that does not fit."""
    document: dict[str, Any] = json.loads(path.read_bytes())
    return Configuration(
        **{
            **document,
            "state_dir": Path(document["state_dir"]),
            "public_key": Ed25519PublicKey.from_public_bytes(base64.b64decode(document["public_key"])),
            "capture_key": base64.b64decode(document["capture_key"]),
            "capture": CaptureSettings(**document.get("capture", {})),
        }
    )
