"""Captured rows as CloudEvents 1.0, one JSON line each."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from scoring.models import Outputs
from scoring.rows import Row
from scoring.versions import Version

_encoder = msgspec.json.Encoder()


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
        self._head = _encoder.encode(constant)[:-1] + b","
        self._names = version.model.reader.names
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
        time = _timestamp(nanoseconds)
        written = []
        answers = outputs.as_records(self._classes)
        for number, (row, answer) in enumerate(zip(values, answers, strict=True)):
            changing: dict[str, Any] = {
                "id": request_id if len(values) == 1 else f"{request_id}-{number}",
                "time": time,
                "correlationid": correlation_id,
                "row": number,
                "latency_ms": latency_ms,
                "data": {"inputs": dict(zip(self._names, row, strict=True)), "outputs": answer},
            }
            written.append(self._head + _encoder.encode(changing)[1:] + b"\n")
        return b"".join(written)


def _timestamp(nanoseconds: int) -> str:
    """RFC 3339 with microseconds, UTC."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
