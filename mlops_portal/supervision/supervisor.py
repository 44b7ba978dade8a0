"""
Keeps programs running: starts them in order, starts again what ends, stops all in reverse order.

Each runs under a guard (guard.py) that holds the read end of one pipe; the write end lives in
this process alone. However this process ends, the guards see it and take their programs along.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mlops_portal.supervision import guard
from mlops_portal.supervision.logs import RotatedFile
from mlops_portal.supervision.state import Process, Record, StateFile

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
# Whoever ran this long has recovered: the next pause is short again.
STEADY_AFTER_SECONDS = 10.0
HEAD_START_SECONDS = 0.5
READY_WITHIN_SECONDS = 120.0

Check = Callable[[], Awaitable[bool]]
Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """
    One program to keep running.

    `grace` is how long it may take to stop; `ready`, where given, is asked after each start
    until it says yes, and `greeting` is what is then said instead of a plain "ready".
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    grace: float = 5.0
    ready: Check | None = None
    greeting: str = ""


def say(name: str, event: str) -> None:
    """One line per event. A terminal that has gone is no reason to stop here."""
    with suppress(OSError, ValueError):
        sys.stdout.write(f"{datetime.now().astimezone():%H:%M:%S}  {name:<13} {event}\n")
        sys.stdout.flush()


class Supervisor:
    def __init__(
        self,
        programs: Sequence[Program],
        *,
        logs: Path,
        state: StateFile,
        record: Record,
        say: Say = say,
    ) -> None:
        self._keepers = [_Keeper(program, logs, say, self._remember) for program in programs]
        self._state, self._record, self._say = state, record, say
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Until SIGINT, SIGTERM or SIGHUP; a second SIGINT or SIGTERM does not wait any longer."""
        self._listen()
        lifeline, write_end = os.pipe()
        try:
            tasks = [asyncio.create_task(keeper.keep(lifeline)) for keeper in self._keepers]
            await self._stop.wait()
            await self._stop_all()
            await asyncio.gather(*tasks)
        finally:
            os.close(write_end)
            os.close(lifeline)

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            for keeper in self._keepers:
                keeper.kill()
        self._stop.set()

    async def _stop_all(self) -> None:
        """In reverse order. Nobody waits long for a slow one: a worker needs seconds to notice."""
        self._say("portal", "stopping")
        stops = []
        for keeper in reversed(self._keepers):
            stops.append(asyncio.create_task(keeper.stop()))
            await asyncio.wait(stops[-1:], timeout=HEAD_START_SECONDS)
        await asyncio.gather(*stops)
        self._say("portal", "stopped")

    def _remember(self, name: str, pid: int | None) -> None:
        if pid is None:
            self._record.programs.pop(name, None)
        else:
            self._record.programs[name] = Process.of(pid)
        try:
            self._state.write(self._record)
        except OSError as error:
            self._say("portal", f"cannot note which processes run: {error.strerror}")


class _Keeper:
    """Keeps one program running."""

    def __init__(
        self, program: Program, logs: Path, say: Say, remember: Callable[[str, int | None], None]
    ) -> None:
        self._program, self._say, self._remember = program, say, remember
        self._log = RotatedFile(logs / f"{program.name}.log")
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._over = asyncio.Event()

    async def keep(self, lifeline: int) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._run_once(lifeline)
            if self._stopping.is_set():
                break
            lasted = time.monotonic() - began
            pause = FIRST_PAUSE_SECONDS if lasted > STEADY_AFTER_SECONDS else pause
            self._say(
                self._program.name,
                f"{_how_it_ended(code)} after {lasted:.0f} s; again in {pause:g} s",
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        self._log.close()
        self._over.set()

    async def stop(self) -> None:
        self._stopping.set()
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            # The guard keeps the grace; this is for a guard that is itself stuck.
            try:
                await asyncio.wait_for(self._over.wait(), self._program.grace + 3)
            except TimeoutError:
                self.kill()
        await self._over.wait()

    def kill(self) -> None:
        if self._process and self._process.returncode is None:
            _kill_group(self._process.pid)

    async def _run_once(self, lifeline: int) -> int:
        output, its_end = os.pipe()
        try:
            process = self._process = await self._start(lifeline, its_end)
        except OSError as error:  # no process or no memory left just now
            os.close(output)
            self._say(self._program.name, f"cannot be started: {error.strerror}")
            return guard.CANNOT_START
        finally:
            os.close(its_end)
        self._remember(self._program.name, process.pid)
        self._say(self._program.name, f"started (process {process.pid})")
        beside = asyncio.create_task(self._greet())
        with self._copying(output):
            if self._stopping.is_set():  # asked while it was being started
                process.send_signal(signal.SIGTERM)
            code = await process.wait()
            # The guard swept its group, unless it was itself killed.
            _kill_group(process.pid)
        beside.cancel()
        self._remember(self._program.name, None)
        return code

    async def _start(self, lifeline: int, output: int) -> asyncio.subprocess.Process:
        program = self._program
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-S", guard.__file__, str(lifeline), str(program.grace), "--"),
            *program.argv,
            env={**os.environ, **program.env},
            pass_fds=(lifeline,),
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )

    @contextmanager
    def _copying(self, output: int) -> Iterator[None]:
        """
        Into the log while the program runs, and what is left of it afterwards.

        A pipe of ours instead of asyncio's, whose wait() would also wait for anything outside
        the group that inherited the pipe.
        """
        loop = asyncio.get_running_loop()
        os.set_blocking(output, False)

        def copy() -> bool:
            try:
                chunk = os.read(output, 65_536)
            except BlockingIOError:
                return False
            if not chunk:
                loop.remove_reader(output)
            self._log.write(chunk)
            return bool(chunk)

        loop.add_reader(output, copy)
        try:
            yield
        finally:
            while copy():
                pass
            loop.remove_reader(output)
            os.close(output)

    async def _greet(self) -> None:
        if self._program.ready is None:
            return
        began = time.monotonic()
        while time.monotonic() - began < READY_WITHIN_SECONDS:
            if await self._program.ready():
                greeting = self._program.greeting or "ready"
                self._say(self._program.name, f"{greeting} (after {time.monotonic() - began:.1f} s)")
                return
            await asyncio.sleep(0.2)
        self._say(self._program.name, f"does not answer after {READY_WITHIN_SECONDS:.0f} s; see its log")


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _how_it_ended(code: int) -> str:
    number = code - 128 if code > 128 else -code
    if code == 0 or number not in set(signal.Signals):
        return f"ended with code {code}"
    return f"was ended by {signal.Signals(number).name}"
