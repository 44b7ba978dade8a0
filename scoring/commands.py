"""What the control socket can ask of a server: one JSON object a line, one line back."""

import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from scoring import tickets
from scoring.answering import Scorer
from scoring.capture import Capture
from scoring.configuration import Configuration
from scoring.keys import KeyList
from scoring.models import LoadedModel, load
from scoring.versions import Version, Versions

_DRAIN_STEP = 0.01
_log = logging.getLogger("scoring.control")

Document = dict[str, Any]


class Commands:
    def __init__(
        self,
        configuration: Configuration,
        versions: Versions,
        keys: KeyList,
        capture: Capture,
        scorer: Scorer,
    ) -> None:
        self._configuration = configuration
        self._versions = versions
        self._keys = keys
        self._capture = capture
        self._scorer = scorer
        self._started = time.time()
        self._known: dict[str, Callable[[Document], Awaitable[Document]]] = {
            "load": self._load,
            "ticket": self._give_ticket,
            "weights": self._weights,
            "unload": self._unload,
            "keys": self._replace_keys,
            "status": self._status,
            "predict": self._predict,
            "drain": self._drain,
        }

    async def run(self, line: bytes) -> Document:
        """The answer; {"refused": sentence} for what cannot be done."""
        try:
            request = json.loads(line)
            command = self._known.get(request.get("do"))
            if command is None:
                return {"refused": f"There is no command {request.get('do')!r}."}
            return await command(request)
        except (ValueError, OSError) as refused:
            return {"refused": str(refused)}
        except (KeyError, TypeError, AttributeError) as wrong:
            return {"refused": f"The request is not complete: {wrong}."}

    async def _load(self, request: Document) -> Document:
        """In a thread: hashing and reading a large model must not keep clients waiting."""
        digest = request["digest"]
        ticket = self._ticket(request.get("ticket"), digest)
        began = time.monotonic()
        model, checked = await asyncio.to_thread(_load_checked, request["directory"], digest)
        version = Version(
            model=model,
            number=str(request["version"]),
            version_id=str(request["version_id"]),
            deployment=_folder_name(request["deployment"]),
            ticket=ticket,
        )
        self._versions.add(version)
        seconds = round(time.monotonic() - began, 3)
        _log.info("loaded version %s, %s", version.number, digest[:12])
        return {"loaded": digest, "samples_checked": checked, "seconds": seconds}

    async def _give_ticket(self, request: Document) -> Document:
        """For a version that was loaded before it had one: nothing is read again."""
        version = self._versions.get(request["digest"])
        version.ticket = self._ticket(request["ticket"], request["digest"])
        return {"ticket": version.ticket.short_id if version.ticket else None}

    def _ticket(self, text: str | None, digest: str) -> tickets.Ticket | None:
        if text is None:
            return None
        return tickets.check(
            self._configuration.public_key,
            text,
            endpoint=self._configuration.endpoint,
            digest=digest,
            now=time.time(),
        )

    async def _weights(self, request: Document) -> Document:
        self._versions.set_weights({key: float(value) for key, value in request["weights"].items()})
        weights = {digest: one.weight for digest, one in self._versions.by_digest.items()}
        _log.info("weights %s", {digest[:12]: weight for digest, weight in weights.items()})
        return {"weights": weights}

    async def _unload(self, request: Document) -> Document:
        await self._until_idle(request["digest"])
        self._versions.remove(request["digest"])
        self._scorer.forget(request["digest"])
        _log.info("unloaded %s", request["digest"][:12])
        return {"unloaded": request["digest"]}

    async def _replace_keys(self, request: Document) -> Document:
        self._keys.replace(request["keys"], float(request["valid_until"]))
        return {"keys": len(request["keys"])}

    async def _status(self, request: Document) -> Document:
        return {
            "endpoint": self._configuration.endpoint,
            "pid": os.getpid(),
            "started": self._started,
            "rss_bytes": rss_bytes(),
            "spool_bytes": self._capture.spool_bytes,
            "captured": self._capture.written.total(),
            "dropped": self._capture.dropped.total(),
            "lost": self._capture.lost,
            "versions": {
                digest: self._status_of(version) for digest, version in self._versions.by_digest.items()
            },
        }

    def _status_of(self, version: Version) -> Document:
        return {
            "version": version.number,
            "version_id": version.version_id,
            "deployment": version.deployment,
            "runtime": version.model.runtime,
            "weight": version.weight,
            "ticket": version.ticket.short_id if version.ticket else None,
            "ticket_not_after": version.ticket.not_after if version.ticket else None,
            "requests": version.measures.requests,
            "rows": version.measures.rows,
            "errors": version.measures.errors,
            "p50_ms": version.measures.percentile(0.5),
            "p95_ms": version.measures.percentile(0.95),
            "started": version.started,
            "in_flight": version.in_flight,
            "captured": self._capture.written[version.deployment],
            "dropped": self._capture.dropped[version.deployment],
        }

    async def _predict(self, request: Document) -> Document:
        """For probes and for trying out: needs no ticket and leaves no record."""
        model = self._versions.get(request["digest"]).model
        rows = model.reader.from_records(request["records"])
        outputs = await asyncio.to_thread(model.predict, rows.columns)
        return {"outputs": outputs.as_records(model.signature.classes)}

    async def _drain(self, request: Document) -> Document:
        """Takes the traffic away and answers when the last request is answered."""
        kept = {
            digest: version.weight
            for digest, version in self._versions.by_digest.items()
            if digest != request["digest"] and version.may_answer(time.time())
        }
        self._versions.get(request["digest"])
        self._versions.set_weights(kept)
        await self._until_idle(request["digest"])
        return {"drained": request["digest"]}

    async def _until_idle(self, digest: str) -> None:
        while self._versions.get(digest).in_flight:
            await asyncio.sleep(_DRAIN_STEP)


def _load_checked(directory: str, digest: str) -> tuple[LoadedModel, int]:
    model = load(Path(directory), digest)
    return model, model.check_samples()


def _folder_name(deployment: Any) -> str:
    """It becomes a folder of the spool."""
    name = str(deployment)
    if not name or name.startswith(".") or not all(c.isalnum() or c in "-_." for c in name):
        raise ValueError(f"A deployment cannot be called {name!r:.60}.")
    return name


def rss_bytes() -> int:
    """The resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
