"""Scores rows with a version, measures it and captures it: what every kind of request comes to."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor

from scoring.capture import Capture
from scoring.models import Outputs
from scoring.problems import Problem
from scoring.records import RecordWriter
from scoring.rows import Rows
from scoring.versions import Version

_QUICK_ROWS = 128
"""Up to here ONNX answers in less time than handing it to a thread takes other requests."""

_log = logging.getLogger("scoring")


class Scorer:
    def __init__(self, capture: Capture, *, source: str, model: str) -> None:
        self._capture = capture
        self._source = source
        self._model = model
        self._writers: dict[str, tuple[Version, RecordWriter]] = {}
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="predict")

    async def score(
        self, version: Version, rows: Rows, request_id: str, correlation_id: str, came: int
    ) -> Outputs:
        """
        `came`: nanoseconds since the epoch when the request came.

        Raises Problem: 503 when it cannot be captured but must be, 500 when the model fails.
        """
        count = len(rows.values)
        captured = self._capture.is_on and self._capture.admits(version.deployment, count)
        version.in_flight += 1
        try:
            outputs = await self._predict(version, rows)
            latency = (time.time_ns() - came) / 1e6
            if captured:
                lines = self._writer(version).lines(
                    request_id, correlation_id, came, round(latency, 3), rows.values, outputs
                )
                self._capture.append(version.deployment, lines, count)
                if self._capture.settings.mode == "durable":
                    await self._capture.synced()
        finally:
            version.in_flight -= 1
        version.measures.answered((time.time_ns() - came) / 1e6, count)
        return outputs

    async def try_out(self, version: Version, rows: Rows) -> Outputs:
        """For the portal's own requests: leaves no record and is not counted."""
        version.in_flight += 1
        try:
            return await self._predict(version, rows)
        finally:
            version.in_flight -= 1

    async def _predict(self, version: Version, rows: Rows) -> Outputs:
        try:
            if version.model.runtime == "onnx" and len(rows.values) <= _QUICK_ROWS:
                return version.model.predict(rows.columns)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, version.model.predict, rows.columns)
        # The runtimes raise many things, and their messages may quote the row: none is repeated.
        except Exception as problem:  # noqa: BLE001
            version.measures.errors += 1
            _log.error("version %s failed: %s", version.number, type(problem).__name__)
            raise Problem(500, "The model failed on these rows.") from None

    def _writer(self, version: Version) -> RecordWriter:
        known = self._writers.get(version.digest)
        if known is None or known[0] is not version:
            writer = RecordWriter(version, source=self._source, model=self._model)
            known = self._writers[version.digest] = (version, writer)
        return known[1]

    def forget(self, digest: str) -> None:
        self._writers.pop(digest, None)
