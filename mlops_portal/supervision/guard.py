"""
The process between us and a program: it dies with us, and takes the program's whole group along.

    python -S guard.py FD GRACE [--memory BYTES] [--nice N] -- program argument…

Start it in a session of its own; it makes at least a group of its own. FD is the read end of a
pipe whose write end its parent alone holds. End of file means that the parent is gone, however
it went, so everything in the group is killed at once. SIGTERM stops the program politely: it has
GRACE seconds. When the program ends by itself, what it left behind in the group is removed. The
exit code is the program's, 128 + the signal's number when a signal ended it, 127 when it could
not be started.

Stands alone (no import of ours), because it is started by path with an empty environment too.
"""

import argparse
import ctypes
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

LINUX = sys.platform.startswith("linux")
# An orphan has nobody to finish for; this much for flushing a file.
ORPHAN_GRACE_SECONDS = 1.0
# What helpers of a program that has ended get for tidying up.
LEFTOVER_GRACE_SECONDS = 0.5
CANNOT_START = 127
_ASKED_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_ASKED_TO_STOP_NUMBERS = {int(number) for number in _ASKED_TO_STOP}
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Orders:
    """What the command line asks for."""

    lifeline: int
    grace: float
    memory: int | None
    nice: int
    argv: list[str]


def main(arguments: Sequence[str]) -> int:
    orders = _read(arguments)
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)  # never sweep a group that is not ours
    os.set_inheritable(orders.lifeline, False)
    wake = _listen_for_signals()
    pid = _start(orders)
    _let_go_of_the_pipes()
    code = _watch(pid, orders, wake)
    _sweep()
    return code


def group_members(group: int) -> list[int]:
    """Every living process of that group. Zombies hold nothing and are left out."""
    return _members_by_proc(group) if LINUX else _members_by_ps(group)


def _read(arguments: Sequence[str]) -> Orders:
    parser = argparse.ArgumentParser(prog="guard", description="Runs a program that dies with its starter.")
    parser.add_argument("lifeline", type=int)
    parser.add_argument("grace", type=float)
    parser.add_argument("--memory", type=int)
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("argv", nargs="+")
    return Orders(**vars(parser.parse_args(arguments)))


def _listen_for_signals() -> int:
    """A pipe that becomes readable with every signal, so that waiting needs no polling."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in (*_ASKED_TO_STOP, signal.SIGCHLD):
        signal.signal(number, lambda _number, _frame: None)
    return reading


def _start(orders: Orders) -> int:
    guard = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            _become(orders, guard)
        finally:
            os._exit(CANNOT_START)
    return pid


def _become(orders: Orders, guard: int) -> None:
    try:
        _limit(orders)
        _die_with(guard)
        for number in (*_ASKED_TO_STOP, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(orders.argv[0], orders.argv)  # noqa: S606 - that is its purpose
    except OSError as error:
        sys.stderr.write(f"{orders.argv[0]} cannot be started: {error.strerror}\n")
        sys.stderr.flush()


def _limit(orders: Orders) -> None:
    # A memory dump would put the secrets of the process on disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # macOS knows the limit but does not keep it.
    if orders.memory and LINUX:
        resource.setrlimit(resource.RLIMIT_AS, (orders.memory, orders.memory))
    if orders.nice:
        os.nice(orders.nice)


def _die_with(guard: int) -> None:
    """Covers the one death that the guard cannot act on: its own by SIGKILL."""
    if LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != guard:
            os._exit(CANNOT_START)


def _let_go_of_the_pipes() -> None:
    """Else whoever reads the program's output would wait for us as well."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _watch(pid: int, orders: Orders, wake: int) -> int:
    while (code := _ended(pid)) is None:
        ready, _, _ = select.select([orders.lifeline, wake], [], [])
        if orders.lifeline in ready and not os.read(orders.lifeline, 1):
            return _end_as_orphan(pid)
        if wake in ready and _ASKED_TO_STOP_NUMBERS & set(os.read(wake, 512)):
            return _stop(pid, orders.grace)
    return code


def _ended(pid: int) -> int | None:
    done, status = os.waitpid(pid, os.WNOHANG)
    if not done:
        return None
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _end_as_orphan(pid: int) -> int:
    _tell_the_group(signal.SIGTERM)
    code = _wait(pid, ORPHAN_GRACE_SECONDS)
    if code is None:
        # Ourselves included: what forks without end cannot outrun this.
        os.killpg(0, signal.SIGKILL)
    return code or 0


def _stop(pid: int, grace: float) -> int:
    """The program alone is asked first: one that has children ends them itself, in its order."""
    os.kill(pid, signal.SIGTERM)
    code = _wait(pid, grace)
    if code is None:
        os.kill(pid, signal.SIGKILL)
        code = _wait(pid, grace)
    return 128 + signal.SIGKILL if code is None else code


def _wait(pid: int, seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while (code := _ended(pid)) is None and time.monotonic() < until:
        time.sleep(0.02)
    return code


def _sweep() -> None:
    """Remove what the program left behind in the group: asked first, then killed."""
    if not _others():
        return
    _tell_the_group(signal.SIGTERM)
    until = time.monotonic() + LEFTOVER_GRACE_SECONDS
    while _others() and time.monotonic() < until:
        time.sleep(0.02)
    while others := _others():
        for pid in others:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _tell_the_group(number: int) -> None:
    signal.signal(number, signal.SIG_IGN)
    os.killpg(0, number)


def _others() -> list[int]:
    return [pid for pid in group_members(os.getpgrp()) if pid != os.getpid()]


def _members_by_proc(group: int) -> list[int]:
    members = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                state, _parent, its_group = file.read().rpartition(b")")[2].split()[:3]
                if int(its_group) == group and state not in (b"Z", b"X"):
                    members.append(int(name))
    return members


def _members_by_ps(group: int) -> list[int]:
    listing = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=False
    )
    rows = [line.split() for line in listing.stdout.splitlines()]
    return [int(pid) for pid, its_group, state in rows if int(its_group) == group and state[0] != "Z"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
