"""Captured rows as CloudEvents 1.0, one JSON line each."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from scoring.models import Outputs
from scoring.rows import Row
from scoring.versions import Version

_encode = msgspec.json.Encoder().encode


class RecordWriter:
    """Writes the rows that one version answered. What never changes is encoded once."""

    def __init__(self, version: Version, *, source: str, model: str) -> None:
        constant = {
            "specversion": "1.0",
            "type": "mlops.inference",
            "source": source,
            "datacontenttype": "application/json",
            "model": model,
            "model_version": version.number,
            "deployment": version.deployment,
            "digest": version.digest,
            "ticket": version.ticket.short_id if version.ticket else None,
        }
        self._head = _encode(constant)[:-1] + b","
        self._names = version.model.reader.names
        self._second, self._clock = -1, ""
        self._classes = version.model.signature.classes

    def lines(
        self,
        request_id: str,
        correlation_id: str,
        nanoseconds: int,
        latency_ms: float,
        values: list[Row],
        outputs: Outputs,
    ) -> bytes:
        """
        `nanoseconds`: since the epoch, when the request came. The id of a request's only row is
        the request's; in a request of many each row's has its number at the end.
        """
        answers = outputs.as_records(self._classes)
        time = self._time(nanoseconds)
        many = len(values) > 1
        written = []
        for number, (row, answer) in enumerate(zip(values, answers, strict=True)):
            changing: dict[str, Any] = {
                "id": f"{request_id}-{number}" if many else request_id,
                "time": time,
                "correlationid": correlation_id,
                "row": number,
                "latency_ms": latency_ms,
                "data": {"inputs": dict(zip(self._names, row, strict=True)), "outputs": answer},
            }
            written.append(self._head + _encode(changing)[1:] + b"\n")
        return b"".join(written) if many else written[0]

    def _time(self, nanoseconds: int) -> str:
        """RFC 3339 with microseconds, UTC; the part before the point changes once a second."""
        second, rest = divmod(nanoseconds, 1_000_000_000)
        if second != self._second:
            self._second = second
            self._clock = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._clock}.{rest // 1000:06d}Z"
