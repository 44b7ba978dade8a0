"""
One portal for all the processes that a test run consists of: who needs it first starts it, who
needs it last ends it. What only one of them can do (use the first link, invite the team) is done
once, and told to the others.
"""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.e2e import stack as portal
from tests.e2e.stack import Stack


class Shared:
    """A folder that all processes of the run know, and no other run does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def stack(self) -> Iterator[Stack]:
        with self._notes() as notes:
            stack = _running(notes) if notes else portal.start()
            notes |= {"var": str(stack.var), "pid": stack.process.pid, "url": stack.url}
            notes["users"] = notes.get("users", 0) + 1
        try:
            yield stack
        finally:
            with self._notes() as notes:
                notes["users"] -= 1
                if not notes["users"]:
                    notes.clear()
                    portal.remove(stack)

    def once(self, what: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What the first who asks has made, for everybody who asks."""
        with self._notes() as notes:
            if what not in notes:
                notes[what] = make()
            found: dict[str, Any] = notes[what]
            return found

    @contextmanager
    def _notes(self) -> Iterator[dict[str, Any]]:
        """For one process at a time; what is changed is kept, also when it ends in an error."""
        path = self.folder / "portal.json"
        with (self.folder / "portal.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            notes = json.loads(path.read_text()) if path.exists() else {}
            try:
                yield notes
            finally:
                path.write_text(json.dumps(notes))


def _running(notes: dict[str, Any]) -> Stack:
    return Stack(Path(notes["var"]), psutil.Process(notes["pid"]), notes["url"])
