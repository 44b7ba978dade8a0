"""The whole portal, started as `make run` does, in a folder and on ports of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".pytest_cache" / "e2e"
SCORING_PORTS = 20
STARTS_WITHIN_SECONDS = 240
STOPS_WITHIN_SECONDS = 40
_STARTED: list[psutil.Process] = []
"""Kept: another process may end what this one started, and a forgotten one would be complained of."""
LINK = re.compile(r"http://\S+/people/welcome/\S+")


class Stack:
    """A running portal: where it is, its first link, and what it has written."""

    def __init__(self, var: Path, process: psutil.Process, url: str) -> None:
        self.var, self.process, self.url = var, process, url

    @property
    def has_ended(self) -> bool:
        """Also where another process started it, and has not asked how it ended."""
        with suppress(psutil.NoSuchProcess):
            return self.process.status() == psutil.STATUS_ZOMBIE
        return True

    @property
    def output(self) -> str:
        return (self.var / "output.txt").read_text(errors="replace")

    @property
    def first_link(self) -> str:
        """What lets the first administrator in, as it was printed."""
        return LINK.findall(self.output)[0]

    def logs(self, most_lines: int = 60) -> str:
        """The end of every log, for the report of a failed test."""
        logs = [self.var / "output.txt", *sorted((self.var / "log").glob("*.log"))]
        logs += sorted(self.var.glob("run/scoring/*/server.log"))
        return "\n".join(f"==> {log.name}\n{_tail(log, most_lines)}" for log in logs if log.exists())

    def faults(self) -> list[str]:
        """Every traceback in its logs: nothing that the tests do may cause one."""
        logs = sorted((self.var / "log").glob("*.log"))
        return [
            f"{log.name}: {found}" for log in logs for found in _tracebacks(log.read_text("utf-8", "replace"))
        ]

    def wait_for(self, what: str, ask: Callable[[], object], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not ask():
            if self.has_ended:
                raise RuntimeError(f"The portal ended while waiting for {what}.\n{self.logs()}")
            if time.monotonic() > until:
                raise TimeoutError(f"Waited {seconds:.0f} s for {what}.\n{self.logs()}")
            time.sleep(0.2)

    def processes(self) -> list[psutil.Process]:
        """Everything that runs with this installation's folder in its environment."""
        return [one for one in psutil.process_iter() if _environment(one).get("VAR_DIR") == str(self.var)]


def start(**environment: str) -> Stack:
    """As `make run` does. It and MLflow answer then."""
    # Not in pytest's folder: a Unix socket's path must be short.
    var = Path(tempfile.mkdtemp(prefix="portal-e2e-"))
    port = free_ports(1)
    environment = _environment_of(var, port) | environment
    _lend_static_files(var)
    stack = Stack(var, _started(var, environment), environment["PORTAL_URL"])
    try:
        stack.wait_for(
            "the portal to answer", lambda: _answers(stack.url + "/health/"), STARTS_WITHIN_SECONDS
        )
        stack.wait_for("MLflow to answer", lambda: _mlflow_answers(var), STARTS_WITHIN_SECONDS)
        _keep_static_files(var)
    except BaseException:
        remove(stack)
        raise
    return stack


def remove(stack: Stack) -> None:
    """Stopped, with all that it wrote. No process of it may be left."""
    left = stop(stack)
    shutil.rmtree(stack.var, ignore_errors=True)
    assert left == [], f"These processes outlived the portal: {left}"


def _started(var: Path, environment: dict[str, str]) -> psutil.Process:
    with (var / "output.txt").open("wb") as output:
        started = psutil.Popen(
            [sys.executable, "-m", "mlops_portal.supervision"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _STARTED.append(started)
    return started


def stop(stack: Stack) -> list[str]:
    """As Ctrl-C does. Returns the command lines of what is left, which is ended."""
    if not stack.has_ended:
        stack.process.send_signal(signal.SIGINT)
        until = time.monotonic() + STOPS_WITHIN_SECONDS
        while not stack.has_ended and time.monotonic() < until:
            time.sleep(0.1)
    left = stack.processes()
    lines = [" ".join(_command(one)) for one in left]
    for one in left:
        with suppress(psutil.Error):
            one.kill()
    return lines


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports that nobody listens on now."""
    for _go in range(50):
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            first = asked.getsockname()[1]
        if first + count < 65_536 and all(_is_free(port) for port in range(first, first + count)):
            return first
    raise RuntimeError("No free ports.")


def _environment_of(var: Path, port: int) -> dict[str, str]:
    names = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONPATH")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | {
        "VAR_DIR": str(var),
        "STATIC_ROOT": str(CACHE / "static"),
        "PORTAL_PORT": str(port),
        "PORTAL_URL": f"http://localhost:{port}",
        "SCORING_FIRST_PORT": str(free_ports(SCORING_PORTS)),
        "SCORING_PORTS": str(SCORING_PORTS),
        "DEMO": "no",
        # Windows of seconds need captured rows within seconds.
        "CAPTURE_SEAL_SECONDS": "2",
        # Who is made an approver may decide at once; the delay has tests of its own.
        "DECIDER_DELAY_HOURS": "0",
        "PYTHONUNBUFFERED": "1",
    }


def _lend_static_files(var: Path) -> None:
    """Collected ones of an earlier run, with the stamp that says from what; new ones take half a minute."""
    (var / "run").mkdir(mode=0o700)
    CACHE.mkdir(parents=True, exist_ok=True)
    if (CACHE / "static-files").exists():
        shutil.copy(CACHE / "static-files", var / "run" / "static-files")


def _keep_static_files(var: Path) -> None:
    shutil.copy(var / "run" / "static-files", CACHE / "static-files")


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url, timeout=5).is_success
    return False


def _mlflow_answers(var: Path) -> bool:
    socket_path = str(var / "run" / "mlflow" / "mlflow.sock")
    # httpx leaves a socket open that found nobody listening.
    with socket.socket(socket.AF_UNIX) as trial:
        if trial.connect_ex(socket_path) != 0:
            return False
    with (
        suppress(httpx.TransportError),
        httpx.Client(transport=httpx.HTTPTransport(uds=socket_path)) as client,
    ):
        return client.get("http://localhost/mlflow/health", timeout=5).is_success
    return False


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) != 0


def _environment(process: psutil.Process) -> dict[str, str]:
    with suppress(psutil.Error):
        return process.environ()
    return {}


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return [str(process.pid)]


def _tail(path: Path, lines: int) -> str:
    return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])


def _tracebacks(text: str) -> list[str]:
    """Each from its first line to the exception's own."""
    return re.findall(r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*\S.*", text)
