"""
The keeper: one process that makes this machine's scoring servers equal to the Endpoint rows.

Every half second each endpoint gets a round in a thread of its own, so that a model that takes
long to load keeps no other endpoint waiting. The servers end with the keeper.
"""

import fcntl
import logging
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from apps.deployments.converging import Convergence
from apps.deployments.models import Endpoint
from apps.deployments.reporting import Reporter
from apps.deployments.server_process import ServerProcess

ROUND_SECONDS = 0.5
MOST_AT_ONCE = 8
log = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another keeper holds this machine's servers."""


class _Kept:
    """One endpoint's server and what is known of it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.server = ServerProcess(endpoint.name)
        self.convergence = Convergence(endpoint, self.server)
        self.reporter = Reporter()
        self.round: Future[None] | None = None

    @property
    def is_busy(self) -> bool:
        return self.round is not None and not self.round.done()


class Keeper:
    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="endpoint")
        self._lock = _take_lock(Path(settings.RUN_DIR) / "keeper.lock")

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; then the servers end in order, requests under way are answered."""
        try:
            while not stop.is_set():
                self.look()
                stop.wait(ROUND_SECONDS)
        finally:
            self.close()

    def look(self) -> list[Future[None]]:
        """Start a round for every endpoint that is not in one."""
        try:
            close_old_connections()
            endpoints = {one.pk: one for one in Endpoint.objects.select_related("model__project")}
        except (DatabaseError, InterfaceError) as trouble:
            log.warning("The database does not answer, the servers stay as they are: %s", trouble)
            return []
        for pk in self._kept.keys() - endpoints.keys():
            self._threads.submit(self._kept.pop(pk).server.stop)
        return [future for one in endpoints.values() if (future := self._begin_round(one))]

    def close(self) -> None:
        """Stop every server and wait for them. Safe to repeat."""
        while self._kept:
            self._threads.submit(self._kept.popitem()[1].server.stop)
        self._threads.shutdown(wait=True)
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def _begin_round(self, endpoint: Endpoint) -> Future[None] | None:
        kept = self._kept.get(endpoint.pk)
        if kept is None:
            kept = self._kept[endpoint.pk] = _Kept(endpoint)
        if kept.is_busy:
            return None
        kept.round = self._threads.submit(_round, kept, endpoint)
        return kept.round


def _round(kept: _Kept, endpoint: Endpoint) -> None:
    try:
        if endpoint.wanted == Endpoint.Wanted.STOPPED:
            kept.server.stop()
            kept.reporter.report(endpoint, "stopped", None)
            return
        status = kept.convergence.round(endpoint)
        state = "running" if status else ("pending" if kept.server.starts <= 1 else "degraded")
        kept.reporter.report(endpoint, state, status)
    except (DatabaseError, InterfaceError) as trouble:
        log.warning("%s: the database does not answer: %s", endpoint.name, trouble)
        connections.close_all()
    except Exception:
        # A fault with one endpoint must not end the others' keeper.
        log.exception("%s: the round failed", endpoint.name)


def _take_lock(path: Path) -> int:
    """Raises AlreadyRunning. The lock ends with its holder, however that goes."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(OSError):
            os.close(handle)
        raise AlreadyRunning("Another keeper runs on this machine.") from None
    return handle
