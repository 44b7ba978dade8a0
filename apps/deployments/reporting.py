"""What the keeper writes down of a server: its state, and what it answered in slices of ten seconds."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.deployments.models import Endpoint, TrafficSample

SLICE_SECONDS = 10
REPORT_EVERY_SECONDS = 5.0
STILL_THERE_EVERY_SECONDS = 30.0
SILENT_AFTER = timedelta(seconds=90)
KEPT = timedelta(days=30)
_SHOWN = ("version", "deployment", "runtime", "weight", "requests", "rows", "errors", "p50_ms", "p95_ms")
Status = dict[str, Any]


class Reporter:
    """Of one endpoint. Writes rarely: every write holds an embedded database for a moment."""

    def __init__(self) -> None:
        self._written: dict[str, Any] = {}
        self._written_at = 0.0
        self._slice: datetime | None = None
        self._seen: dict[str, tuple[float, int, int]] = {}
        self._counted = [0, 0]

    def report(self, endpoint: Endpoint, state: str, status: Status | None) -> None:
        document = {"state": state, **(_shown(status) if status else {})}
        if status:
            self._count(endpoint, status)
        if self._is_due(document):
            Endpoint.objects.filter(pk=endpoint.pk).update(report=document, reported_at=timezone.now())
            self._written, self._written_at = document, time.monotonic()

    def _is_due(self, document: dict[str, Any]) -> bool:
        passed = time.monotonic() - self._written_at
        if document.get("state") != self._written.get("state") or self._moved(document):
            return True
        changed = _steady(document) != _steady(self._written)
        return passed > (REPORT_EVERY_SECONDS if changed else STILL_THERE_EVERY_SECONDS)

    def _moved(self, document: dict[str, Any]) -> bool:
        """A version came, went or got other traffic: that is shown at once."""
        return _weights(document) != _weights(self._written) or document.get("pid") != self._written.get(
            "pid"
        )

    def _count(self, endpoint: Endpoint, status: Status) -> None:
        now = _slice_of(timezone.now())
        if self._slice is not None and now != self._slice:
            self._close_slice(endpoint, status, self._slice)
        self._slice = now
        for digest, known in status["versions"].items():
            began, requests, errors = self._seen.get(digest, (known["started"], 0, 0))
            if digest not in self._seen and self._written == {}:
                requests, errors = known["requests"], known["errors"]  # counted before this keeper's time
            elif began != known["started"]:
                requests = errors = 0
            self._counted[0] += max(known["requests"] - requests, 0)
            self._counted[1] += max(known["errors"] - errors, 0)
            self._seen[digest] = (known["started"], known["requests"], known["errors"])

    def _close_slice(self, endpoint: Endpoint, status: Status, at: datetime) -> None:
        requests, errors = self._counted
        self._counted = [0, 0]
        if not requests and not errors:
            return
        slowest = [known["p95_ms"] for known in status["versions"].values() if known["p95_ms"] is not None]
        TrafficSample.objects.update_or_create(
            endpoint=endpoint,
            at=at,
            defaults={"requests": requests, "errors": errors, "p95_ms": max(slowest, default=None)},
        )


def prune_traffic() -> None:
    """Forget slices of more than thirty days ago."""
    TrafficSample.objects.filter(at__lt=timezone.now() - KEPT).delete()


def state_of(endpoint: Endpoint) -> str:
    """The endpoint's state for people: what the keeper last said, or that it says nothing."""
    if endpoint.reported_at is None:
        return "pending" if endpoint.wanted == Endpoint.Wanted.RUNNING else "stopped"
    if timezone.now() - endpoint.reported_at > SILENT_AFTER:
        return "unreachable"
    return str(endpoint.report.get("state", "unknown"))


def _shown(status: Status) -> dict[str, Any]:
    versions = {
        digest: {name: known[name] for name in _SHOWN} for digest, known in status["versions"].items()
    }
    return {
        "pid": status["pid"],
        "started": status["started"],
        "rss_bytes": status["rss_bytes"],
        "spool_bytes": status["spool_bytes"],
        "captured": status["captured"],
        "dropped": status["dropped"],
        "lost": status["lost"],
        "versions": versions,
    }


def _steady(document: dict[str, Any]) -> dict[str, Any]:
    """Without what moves by itself."""
    return {name: value for name, value in document.items() if name not in ("rss_bytes", "spool_bytes")}


def _weights(document: dict[str, Any]) -> dict[str, Any]:
    return {digest: known["weight"] for digest, known in document.get("versions", {}).items()}


def _slice_of(moment: datetime) -> datetime:
    return moment.replace(second=moment.second - moment.second % SLICE_SECONDS, microsecond=0)
