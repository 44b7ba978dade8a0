"""
Which supervisor runs here: a lock that ends with its holder, and a file that says who it is.

The guards of a killed supervisor end by themselves. Where the pipe could not tell them, the
next start finds them in the file and ends them; a process is known by its number together with
its start time, since numbers are used again.
"""

import fcntl
import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mlops_portal.supervision import guard

PATIENCE_SECONDS = 3.0


class AlreadyRunning(Exception):
    """Another supervisor holds the folder; the text says where it can be found."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that cannot be confused with a later one of the same number."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Process":
        return cls(pid, start_time(pid) or "")

    def lives(self) -> bool:
        return bool(self.started) and start_time(self.pid) == self.started


@dataclass(slots=True)
class Record:
    """What the state file holds."""

    address: str
    supervisor: Process
    programs: dict[str, Process] = field(default_factory=dict)


class StateFile:
    """`supervisor.json` and `supervisor.lock` in the run folder, both for their owner alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / "supervisor.json"
        self._lock_path = folder / "supervisor.lock"
        self._lock: int | None = None

    def take(self, address: str) -> Record:
        """Become the one supervisor here, after ending what an earlier one may have left."""
        lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise AlreadyRunning(self._where()) from None
        self._lock = lock
        if earlier := self._read():
            end_leftovers(earlier)
        return Record(address, Process.of(os.getpid()))

    def write(self, record: Record) -> None:
        new = self.path.with_suffix(".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(record), file, indent=1)
        new.replace(self.path)

    def release(self) -> None:
        """Everything has ended: leave no file that could mislead."""
        self.path.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _where(self) -> str:
        record = self._read()
        if record is None:
            return "The portal is being started here by another process."
        pid = record.supervisor.pid
        return (
            f"The portal already runs at {record.address} (process {pid}). "
            f"Stop it with Ctrl-C where it was started, or with: kill {pid}"
        )

    def _read(self) -> Record | None:
        try:
            stored = json.loads(self.path.read_text())
            programs = {name: Process(**process) for name, process in stored["programs"].items()}
            return Record(stored["address"], Process(**stored["supervisor"]), programs)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # missing or damaged: there is nothing in it to trust


def end_leftovers(record: Record) -> None:
    """End the guards of an earlier supervisor that still live, their groups included."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (left := _alive(record)) and time.monotonic() < until:
        for process in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, signal.SIGTERM)
        time.sleep(0.1)
    for process in left:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def start_time(pid: int) -> str | None:
    """When that process started, in the system's own words; None when there is none."""
    return _start_by_proc(pid) if guard.LINUX else _start_by_ps(pid)


def _alive(record: Record) -> list[Process]:
    return [process for process in record.programs.values() if process.lives()]


def _start_by_proc(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else f"{boot} {fields[19].decode()}"


def _start_by_ps(pid: int) -> str | None:
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed
    return listing.stdout.strip() or None
