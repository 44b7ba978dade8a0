"""
Segments: files of captured rows, one JSON object a line, closed by a line with a MAC.

While it grows a segment is called `*.open`; sealing adds the last line and renames it to
`*.jsonl`. The last line is {"seal": {"segment", "rows", "torn", "lost", "mac"}}; the MAC is
HMAC-SHA256 over everything before that line and the canonical JSON of the seal without it.
`torn`: lines that a crash cut short; `lost`: rows that were answered but not yet written then.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BLOCK = 1 << 20


class SegmentRefused(ValueError):
    """The segment is not as a server sealed it. The message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A verified segment. `name` is its path under the spool, without the ending."""

    name: str
    rows: int
    torn: int
    lost: int
    lines: tuple[bytes, ...]

    def records(self) -> Iterator[dict[str, Any]]:
        for line in self.lines:
            yield json.loads(line)


class OpenSegment:
    """A segment that grows. Used by one thread."""

    def __init__(self, spool: Path, name: str, key: bytes) -> None:
        self.name = name
        self.rows = 0
        self.size = 0
        self._spool = spool
        self._mac = hmac.new(key, digestmod=hashlib.sha256)
        path = spool / f"{name}.open"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)

    def append(self, lines: bytes, rows: int) -> None:
        """All or nothing: after an OSError (a full disk) the file is as it was before."""
        try:
            _write_all(self._file, lines)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self._mac.update(lines)
        self.size += len(lines)
        self.rows += rows

    def sync(self) -> None:
        os.fdatasync(self._file)

    def seal(self, *, torn: int = 0, lost: int = 0) -> Path:
        """Closes the segment for good and gives its path."""
        path = self._spool / f"{self.name}.open"
        mac = self._mac.copy()
        line = _seal_line(mac, self.name, self.rows, torn, lost)
        try:
            _write_all(self._file, line)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        return _publish(path, self._file)


def read(path: Path, key: bytes) -> Segment:
    """
    A sealed segment, verified.

    Raises SegmentRefused when it is not sealed, was changed by as much as a bit, was sealed with
    another key, or lies where it was not sealed.
    """
    content = path.read_bytes()
    body, seal = _split(content)
    stated = seal.pop("mac", "")
    expected = _mac_of(hmac.new(key, body, hashlib.sha256), seal)
    if not hmac.compare_digest(str(stated), expected):
        raise SegmentRefused(f"{path.name} was changed after it was sealed, or by another key.")
    if not path.as_posix().endswith(f"/{seal['segment']}.jsonl"):
        raise SegmentRefused(f"{path.name} lies in another place than it was sealed in.")
    lines = tuple(body.splitlines())
    return Segment(seal["segment"], seal["rows"], seal["torn"], seal["lost"], lines)


def recover(path: Path, spool: Path, key: bytes, *, answered: int | None = None) -> Segment:
    """
    Seals what a killed server left open; a torn last line is cut off and counted.

    `answered`: how many rows the server had answered for this file, where that is known.
    """
    rows, whole = _whole_lines(path)
    torn = int(whole < path.stat().st_size)
    os.truncate(path, whole)
    mac = hmac.new(key, digestmod=hashlib.sha256)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            mac.update(block)
    name = path.relative_to(spool).as_posix().removesuffix(".open")
    lost = max(0, answered - rows) if answered is not None else 0
    file_number = os.open(path, os.O_WRONLY | os.O_APPEND)
    _write_all(file_number, _seal_line(mac, name, rows, torn, lost))
    os.fsync(file_number)
    _publish(path, file_number)
    return Segment(name, rows, torn, lost, ())


def _whole_lines(path: Path) -> tuple[int, int]:
    """Rows, and bytes up to the last one's end, of a file that may end in the middle of a line
    or with a seal that was never published."""
    rows = whole = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n") or line.startswith(b'{"seal":'):
                break
            rows += 1
            whole += len(line)
    return rows, whole


def _split(content: bytes) -> tuple[bytes, dict[str, Any]]:
    start = content.rfind(b"\n", 0, -1) + 1
    line = content[start:]
    if not line.startswith(b'{"seal":') or not line.endswith(b"\n"):
        raise SegmentRefused("The segment is not sealed.")
    try:
        seal = json.loads(line)["seal"]
        names = {"segment", "rows", "torn", "lost", "mac"}
        if set(seal) != names:
            raise SegmentRefused("The seal does not say what a seal says.")
    except (ValueError, TypeError):
        raise SegmentRefused("The seal cannot be read.") from None
    return content[:start], seal


def _seal_line(mac: "hmac.HMAC", name: str, rows: int, torn: int, lost: int) -> bytes:
    seal: dict[str, Any] = {"lost": lost, "rows": rows, "segment": name, "torn": torn}
    seal["mac"] = _mac_of(mac, seal)
    return json.dumps({"seal": seal}, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _mac_of(mac: "hmac.HMAC", seal: dict[str, Any]) -> str:
    text = json.dumps(seal, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    mac.update(text.encode())
    return mac.hexdigest()


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _publish(path: Path, file: int) -> Path:
    os.close(file)
    sealed = path.with_suffix(".jsonl")
    path.rename(sealed)
    folder = os.open(sealed.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return sealed
