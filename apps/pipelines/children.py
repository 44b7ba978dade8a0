"""
Run a program of ours in a child process of a worker: own session, own limits, no secrets.

The child runs under the supervision guard, which kills the whole process group as soon as
this process is gone, however it went. It speaks the protocol of core.child_protocol.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from apps.core.said import Said, revived
from apps.core.saying import later as _
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import StepFailed

GUARD = Path(settings.BASE_DIR) / "mlops_portal" / "supervision" / "guard.py"
GRACE_SECONDS = 5
LOOK_EVERY_SECONDS = 1.0
MOST_LINE_BYTES = 64 * 1024**2
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV")


class Refused(StepFailed):
    """The child cannot work with what it was given, and says why."""


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    lifeline: int
    result: dict[str, Any] | None = None
    refused: Said | None = None
    buffers: dict[str, bytes] = field(default_factory=lambda: {"out": b"", "err": b""})


def run(
    context: StepContext,
    module: str,
    job: dict[str, Any],
    *,
    memory_bytes: int,
    seconds: float | None = None,
    environment: dict[str, str] | None = None,
) -> dict[str, Any]:
    """
    Run `python -m module JOB.json` and return its result. `environment` adds to the little that
    a child is given; a token that must not lie in a file goes there.

    Raises Refused with what the child told, StepFailed when it died, ran out of memory or
    time, Cancelled and LeaseLost as the context says; then nothing of its tree is left.
    """
    path = context.work_folder / "job.json"
    path.write_text(json.dumps(job))
    child = _start(module, path, memory_bytes, environment or {})
    try:
        _follow(context, child, seconds)
    finally:
        _end(child)
    return _answer(child)


def _start(module: str, job: Path, memory_bytes: int, environment: dict[str, str]) -> _Child:
    reading, writing = os.pipe()
    command = [sys.executable, "-S", str(GUARD), str(reading), str(GRACE_SECONDS)]
    command += ["--memory", str(memory_bytes), "--nice", "5", "--"]
    command += [sys.executable, "-m", module, str(job)]
    process = subprocess.Popen(  # noqa: S603 - our own program, no shell
        command,
        cwd=settings.BASE_DIR,
        env={**_environment(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(reading,),
        start_new_session=True,
    )
    os.close(reading)
    return _Child(process, lifeline=writing)


def _environment() -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name in _PASSED_ON}
    return {**passed, "OMP_NUM_THREADS": "2", "PYTHONUNBUFFERED": "1", "PYTHONHASHSEED": "0"}


def _follow(context: StepContext, child: _Child, seconds: float | None) -> None:
    deadline = time.monotonic() + seconds if seconds else None
    looked = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(_pipe(child.process.stdout), selectors.EVENT_READ, "out")
        selector.register(_pipe(child.process.stderr), selectors.EVENT_READ, "err")
        while selector.get_map():
            ready = selector.select(timeout=0.2)
            for key, _events in ready:
                if not _read(context, child, key.fd, key.data):
                    selector.unregister(key.fileobj)
            if not ready and child.process.poll() is not None:
                return  # Something of its tree still holds the pipe open; it is ended next.
            if time.monotonic() - looked > LOOK_EVERY_SECONDS:
                looked = time.monotonic()
                context.check()
            if deadline and time.monotonic() > deadline:
                raise StepFailed(_("It was stopped after %(n)s seconds, its limit.", n=round(seconds or 0)))
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.process.wait(timeout=GRACE_SECONDS * 2)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("The child has no pipe.")
    return stream


def _read(context: StepContext, child: _Child, descriptor: int, stream: str) -> bool:
    chunk = os.read(descriptor, 65_536)
    if len(child.buffers[stream]) > MOST_LINE_BYTES:
        raise StepFailed(_("The process wrote a line without end."))
    *lines, child.buffers[stream] = (child.buffers[stream] + chunk).split(b"\n")
    for line in lines if chunk else [child.buffers[stream]]:
        if line:
            _hear(context, child, line.decode("utf-8", "replace"), stream)
    return bool(chunk)


def _hear(context: StepContext, child: _Child, line: str, stream: str) -> None:
    said = _parsed(line) if stream == "out" else None
    if said is None:
        context.log(line)
    elif "progress" in said:
        doing = _told(said.get("doing") or said.get("message", ""))
        context.progress(said["progress"], doing)
        context.log(str(doing))
    elif "event" in said:
        context.event(said["event"], said.get("facts", {}))
    elif "result" in said:
        child.result = revived(said["result"])
    elif "refused" in said:
        child.refused = _told(said["refused"])


def _told(what: Any) -> Said:
    """The scoring runtime, which knows nothing of the portal, says plain English sentences."""
    found = revived(what)
    return found if isinstance(found, Said) else Said(str(what))


def _parsed(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        said = json.loads(line)
    except json.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def _end(child: _Child) -> None:
    """Close the lifeline, and make sure that nothing of the group is left."""
    os.close(child.lifeline)
    if child.process.poll() is None:
        child.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(timeout=GRACE_SECONDS + 2)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
    for stream in (child.process.stdout, child.process.stderr):
        _pipe(stream).close()


def _answer(child: _Child) -> dict[str, Any]:
    if child.refused is not None:
        raise Refused(child.refused)
    if child.result is None:
        raise StepFailed(_death(child.process.returncode))
    return child.result


def _death(code: int | None) -> Said:
    if code in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return _("The process was killed, most likely because it ran out of memory.")
    return _(
        "The process ended without a result (exit code %(code)s); the log has its last words.", code=code
    )
