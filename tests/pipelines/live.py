"""
The engine with real processes: a relay and a Celery worker on a folder, a database and a broker
of their own. `DATABASE_URL` and `BROKER_URL` choose PostgreSQL and Redis instead of files.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
LEASE_SECONDS = 3


class Engine:
    """Starts and ends the processes of one test; nothing of them outlives it."""

    def __init__(self, var: Path, database_url: str, broker_url: str) -> None:
        self.var = var
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DJANGO_SETTINGS_MODULE": "tests.pipelines.live_settings",
            "PYTHONPATH": str(ROOT),
            "VAR_DIR": str(var),
            "DATABASE_URL": database_url,
            "BROKER_URL": broker_url,
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "HEARTBEAT_SECONDS": "1",
            "REMAP_SIGTERM": "SIGQUIT",
            "OMP_NUM_THREADS": "1",
        }
        self.started: list[subprocess.Popen[bytes]] = []

    def relay(self) -> subprocess.Popen[bytes]:
        return self._start("relay", [sys.executable, str(ROOT / "manage.py"), "relay"])

    def worker(self, name: str = "w") -> subprocess.Popen[bytes]:
        return self._start(
            f"worker-{name}",
            [
                *(sys.executable, "-m", "celery", "-A", "mlops_portal", "worker", "-Q", "quick,long"),
                *("-c", "1", "-n", f"{name}@%h", "-l", "INFO", "--without-gossip", "--without-mingle"),
                "--without-heartbeat",
            ],
        )

    def _start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.var / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.started.append(process)
        return process

    def kill_group(self, process: subprocess.Popen[bytes]) -> None:
        """As the kernel would, or a power cut: nobody gets to tidy up."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def signal_group(self, process: subprocess.Popen[bytes], number: int) -> None:
        os.killpg(process.pid, number)

    def end(self) -> None:
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGCONT)
            self.kill_group(process)

    def orphans(self) -> list[int]:
        """Living processes that the toy's steps started, found by the folder in their command line."""
        return [
            process.pid
            for process in psutil.process_iter(["cmdline", "status"])
            if str(self.var) in " ".join(process.info["cmdline"] or [])
            and process.info["status"] != psutil.STATUS_ZOMBIE
            and process.pid not in {started.pid for started in self.started}
        ]

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in self.var.glob("*.log"))


def until(condition: Callable[[], object], seconds: float = 20, engine: Engine | None = None) -> None:
    """Wait for it. Fails with the processes' last words."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"It did not come about in {seconds} s.\n{engine.logs() if engine else ''}")


@contextmanager
def running(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.end()
