"""
Writes answered rows to the spool: one thread, one fsync for all that came since the last.

Fast mode answers at once and syncs every 0.2 s, so a kill loses less than a second of rows, and
the next start counts them. Durable mode answers when the fsync that covers the row is done.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from scoring import segments
from scoring.capture_counter import CaptureCounter
from scoring.configuration import CaptureSettings
from scoring.identifiers import generator
from scoring.problems import Problem
from scoring.segments import OpenSegment

_SYNC_SECONDS = 0.15
_MEASURE_SECONDS = 1.0
_FULL = "The store for captured requests is full, and this endpoint answers nothing unrecorded."
_log = logging.getLogger("scoring.capture")


@dataclass
class _Pending:
    lines: bytearray = field(default_factory=bytearray)
    rows: int = 0


@dataclass
class _Growing:
    segment: OpenSegment
    hour: str
    opened: float = field(default_factory=time.monotonic)


class Capture:
    """`written` and `dropped`: rows by deployment. `lost`: rows that the last kill took."""

    def __init__(self, settings: CaptureSettings, spool: Path, endpoint: str, key: bytes) -> None:
        self.settings = settings
        self.written: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.lost = 0
        self.spool_bytes = 0
        self._spool = spool
        self._endpoint = endpoint
        self._key = key
        self._name = generator()
        self._pending: dict[str, _Pending] = {}
        self._growing: dict[str, _Growing] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._failing = False
        self._measured = 0.0
        self._answered = 0
        self._settled = 0
        self._durable = settings.mode == "durable"
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._counter = CaptureCounter(spool / "rows.count")
        self._thread = threading.Thread(target=self._work, name="capture", daemon=True)

    @property
    def is_on(self) -> bool:
        return self.settings.mode != "off"

    def start(self) -> None:
        """Seals what a killed server left, then begins to write."""
        self._recover()
        self._measure()
        self._thread.start()

    def stop(self) -> None:
        """Writes and seals everything."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def admits(self, deployment: str, rows: int) -> bool:
        """Whether rows may be captured. Raises Problem 503 where nothing is answered unrecorded."""
        if not self._failing and self.spool_bytes < self.settings.cap_bytes:
            return True
        if self._durable or self.settings.when_full == "block":
            raise Problem(503, _FULL, retry_after=10)
        with self._lock:
            self.dropped[deployment] += rows
        return False

    def append(self, deployment: str, lines: bytes, rows: int) -> None:
        """Hands lines over to the thread. For the event loop."""
        with self._lock:
            pending = self._pending.get(deployment)
            if pending is None:
                pending = self._pending[deployment] = _Pending()
            pending.lines += lines
            pending.rows += rows
            self._answered += rows
            self._counter.write(self._answered, self._settled)

    async def synced(self) -> None:
        """Returns when what was appended before is on the disk. Raises Problem 503 if it is not."""
        waiting = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append(waiting)
        self._wake.set()
        await waiting

    def _work(self) -> None:
        while not self._stopping:
            self._wake.wait(_SYNC_SECONDS)
            self._wake.clear()
            self._round()
        self._round()
        self._seal_where(lambda _: True)

    def _round(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, {}
            waiting, self._waiting = self._waiting, []
        problem = None
        for deployment, rows in pending.items():
            problem = self._write(deployment, rows) or problem
        self._failing = problem is not None
        if waiting:
            _release(waiting, problem)
        self._seal_where(self._is_due)
        if time.monotonic() - self._measured > _MEASURE_SECONDS:
            self._measure()

    def _write(self, deployment: str, pending: _Pending) -> OSError | None:
        try:
            segment = self._segment(deployment)
            segment.append(bytes(pending.lines), pending.rows)
        except OSError as problem:
            _log.error("capture cannot write: %s", problem.strerror)
            self._give_back(deployment, pending)
            return problem
        self.written[deployment] += pending.rows
        self.spool_bytes += len(pending.lines)
        return _sync(segment)

    def _give_back(self, deployment: str, pending: _Pending) -> None:
        """
        What could not be written: kept and tried again where rows must not be dropped and were
        answered already; dropped and counted otherwise (in durable mode nobody got an answer).
        """
        with self._lock:
            if not self._durable and self.settings.when_full == "block":
                newer = self._pending.get(deployment, _Pending())
                self._pending[deployment] = _Pending(pending.lines + newer.lines, pending.rows + newer.rows)
                return
            self._settled += pending.rows
            self.dropped[deployment] += pending.rows

    def _segment(self, deployment: str) -> OpenSegment:
        growing = self._growing.get(deployment)
        if growing is None:
            hour = _hour()
            name = f"{self._endpoint}/{deployment}/{hour}/{self._name()}"
            growing = _Growing(OpenSegment(self._spool, name, self._key), hour)
            self._growing[deployment] = growing
        return growing.segment

    def _is_due(self, growing: _Growing) -> bool:
        return (
            time.monotonic() - growing.opened >= self.settings.seal_seconds
            or growing.segment.size >= self.settings.seal_bytes
            or growing.hour != _hour()
        )

    def _seal_where(self, due: Callable[[_Growing], bool]) -> None:
        for deployment, growing in list(self._growing.items()):
            if not due(growing):
                continue
            try:
                growing.segment.seal()
            except OSError as problem:
                _log.error("a segment cannot be sealed: %s", problem.strerror)
                continue
            del self._growing[deployment]
            with self._lock:
                self._settled += growing.segment.rows
                self._counter.write(self._answered, self._settled)

    def _recover(self) -> None:
        """Rows are counted for the server, not by file, so the last file's seal tells the loss."""
        left = sorted(self._spool.rglob("*.open"))
        missing = self._counter.unsettled()
        for number, path in enumerate(left, start=1):
            answered = missing if number == len(left) else None
            segment = segments.recover(path, self._spool, self._key, answered=answered)
            missing = max(0, missing - segment.rows)
            _log.warning("sealed %s after a crash: %d rows, %d torn", path.name, segment.rows, segment.torn)
        self.lost = missing
        if missing:
            _log.error("%d answered rows were lost in a crash", missing)
        self._counter.reset()

    def _measure(self) -> None:
        """Files leave when the portal takes them in, so the folder is looked at again and again."""
        self._measured = time.monotonic()
        self.spool_bytes = sum(_size(path) for path in self._spool.rglob("*.*"))


def _sync(segment: OpenSegment) -> OSError | None:
    try:
        segment.sync()
    except OSError as problem:
        _log.error("capture cannot sync: %s", problem.strerror)
        return problem
    return None


def _release(waiting: "list[asyncio.Future[None]]", problem: OSError | None) -> None:
    def release() -> None:
        for future in waiting:
            if future.done():
                continue
            if problem is None:
                future.set_result(None)
            else:
                future.set_exception(Problem(503, _FULL, retry_after=10))

    waiting[0].get_loop().call_soon_threadsafe(release)


def _hour() -> str:
    return datetime.now(UTC).strftime("%Y/%m/%d/%H")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
