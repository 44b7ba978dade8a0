"""Toy programs, and what a test needs to watch processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mlops_portal.supervision import guard, state

ROOT = Path(__file__).resolve().parents[2]

# Writes its own process number and a grandchild's into a file, then sleeps.
FAMILY = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
path = pathlib.Path(sys.argv[1])
path.with_suffix(".new").write_text(f"{os.getpid()} {child.pid}")
path.with_suffix(".new").replace(path)
time.sleep(600)
"""
# The same, but deaf to being asked.
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FAMILY.replace(
    '"import time;', '"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);'
)
# A supervisor of two families; run with: folder
SUPERVISOR = """
import asyncio, pathlib, sys
from mlops_portal.supervision.state import AlreadyRunning, StateFile
from mlops_portal.supervision.supervisor import Program, Supervisor
folder = pathlib.Path(sys.argv[1])
family = pathlib.Path(sys.argv[2]).read_text()
state = StateFile(folder / "run")
try:
    record = state.take("http://localhost:8000")
except AlreadyRunning as running:
    sys.exit(str(running))
toys = [
    Program(name, [sys.executable, "-S", "-c", family, str(folder / name)], grace=1)
    for name in ("first", "second")
]
asyncio.run(Supervisor(toys, logs=folder / "log", state=state, record=record).run())
state.release()
"""


def guarded(
    argv: list[str], *options: str, grace: float = 1.0, **popen: object
) -> tuple[subprocess.Popen[bytes], int]:
    """A guard over that program, and the end of its lifeline that we hold."""
    reading, writing = os.pipe()
    command = [
        sys.executable,
        "-S",
        guard.__file__,
        str(reading),
        str(grace),
        *options,
        "--",
        *argv,
    ]
    process = subprocess.Popen(command, pass_fds=(reading,), start_new_session=True, **popen)
    os.close(reading)
    return process, writing


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-S", "-c", code, *map(str, arguments)]


def supervisor(folder: Path, family: str = FAMILY) -> subprocess.Popen[bytes]:
    """A supervisor as a process of its own, whose lines are in folder/said."""
    folder.mkdir(exist_ok=True)
    (folder / "family.py").write_text(family)
    with (folder / "said").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(folder), str(folder / "family.py")],
            cwd=ROOT,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def family(path: Path) -> list[int]:
    """The processes of a toy, once it has written them down."""
    eventually(path.exists)
    return [int(pid) for pid in path.read_text().split()]


def lives(pid: int) -> bool:
    return state.start_time(pid) is not None


def none_lives(pids: list[int]) -> Callable[[], bool]:
    return lambda: not any(lives(pid) for pid in pids)


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not true within {seconds} s"
        time.sleep(0.02)


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
