"""One scoring server as a process of this machine: started, asked, stopped, started again when it dies."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.deployments import keys, places
from apps.deployments.models import Endpoint
from scoring import control

GUARD = Path(settings.BASE_DIR) / "mlops_portal" / "supervision" / "guard.py"
GRACE_SECONDS = 8
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 15.0
STEADY_AFTER_SECONDS = 10.0
SILENT_TOO_LONG_SECONDS = 30.0
# On a machine that is just being started, everybody imports at once.
FIRST_WORD_WITHIN_SECONDS = 180.0
STATUS_SECONDS = 5.0
COMMAND_SECONDS = 120.0
MOST_LOG_BYTES = 5 * 1024**2
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV")


class ServerProcess:
    """
    Used by one thread at a time. The process hangs on a pipe that this object alone holds open:
    when the keeper is gone, however it went, its guard ends it.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline = -1
        self._started_with: tuple[object, ...] = ()
        self._began = self._heard = 0.0
        self._pause = FIRST_PAUSE_SECONDS
        self._not_before = 0.0
        self.starts = 0

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ensure(self, endpoint: Endpoint) -> None:
        """Make it run with what the row says; one that died is started again after a growing pause."""
        wanted = (endpoint.port, endpoint.capture, endpoint.require_key, endpoint.restart_token)
        if self.runs and self._started_with != wanted:
            self.stop()
        if self.runs and self._is_silent_too_long():
            self.kill()
        if not self.runs and time.monotonic() >= self._not_before:
            self._start(endpoint, wanted)

    def _is_silent_too_long(self) -> bool:
        has_spoken = self._heard > self._began
        patience = SILENT_TOO_LONG_SECONDS if has_spoken else FIRST_WORD_WITHIN_SECONDS
        return time.monotonic() - self._heard > patience

    def call(self, do: str, **facts: Any) -> dict[str, Any]:
        """Raises control.ControlRefused with the server's sentence, OSError where it does not answer."""
        seconds = STATUS_SECONDS if do == "status" else COMMAND_SECONDS
        answer = control.call(places.control_socket(self.endpoint), {"do": do, **facts}, seconds)
        self._heard = time.monotonic()
        return answer

    def stop(self) -> None:
        """Politely: what it is answering is answered. Waits until it is gone."""
        if self._process is None:
            return
        if self.runs:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(GRACE_SECONDS + 3)
            except subprocess.TimeoutExpired:
                self.kill()
        self._forget()
        self._pause, self._not_before = FIRST_PAUSE_SECONDS, 0.0

    def kill(self) -> None:
        """It does not answer any more: closing the pipe makes its guard end it at once."""
        process = self._process
        self._forget()
        if process is not None:
            process.wait(GRACE_SECONDS)

    def _forget(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
        self._lifeline, self._process = -1, None

    def _start(self, endpoint: Endpoint, wanted: tuple[object, ...]) -> None:
        self._forget()
        now = time.monotonic()
        steady = self._began and now - self._began > STEADY_AFTER_SECONDS
        self._pause = FIRST_PAUSE_SECONDS if steady else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        self._not_before = now + self._pause
        reading, self._lifeline = os.pipe()
        try:
            self._process = _spawn(write_configuration(endpoint), reading, endpoint.name)
        finally:
            os.close(reading)
        self._began = self._heard = now
        self._started_with = wanted
        self.starts += 1


def write_configuration(endpoint: Endpoint) -> Path:
    """The file that the server is started with; it holds keys, so it is for its owner alone."""
    folder = places.folder(endpoint.name)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    document = {
        "endpoint": endpoint.name,
        "host": settings.SCORING_LISTEN,
        "port": endpoint.port,
        "state_dir": str(folder),
        "public_key": base64.b64encode(keys.public_key()).decode(),
        "capture_key": base64.b64encode(keys.capture_key()).decode(),
        "portal_token": keys.portal_token(endpoint.name),
        "source": f"{settings.PORTAL_URL}/endpoints/{endpoint.pk}/",
        "model": endpoint.model.name,
        "require_key": endpoint.require_key,
        "capture": {"mode": endpoint.capture, "seal_seconds": settings.CAPTURE_SEAL_SECONDS},
    }
    path = folder / "config.json"
    partial = path.with_suffix(".part")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file)
    partial.replace(path)
    return path


def _spawn(configuration: Path, lifeline: int, endpoint: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-S", str(GUARD), str(lifeline), str(GRACE_SECONDS), "--"]
    command += [sys.executable, "-m", "scoring", str(configuration)]
    with _log_file(endpoint).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own program, no shell
            command,
            cwd=settings.BASE_DIR,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lifeline,),
            start_new_session=True,
        )


def _log_file(endpoint: str) -> Path:
    path = places.log(endpoint)
    if path.exists() and path.stat().st_size > MOST_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path


def _environment() -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if name in _PASSED_ON}
    return {**passed, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
