"""
How quickly a package answers, measured in a process of its own.

`python -m scoring.profiling JOB.json`, the job being {"directory", "digest", "predictions"}.
Prints one JSON object a line: {"progress": 0..1, "message"} and at the end {"result": {…}},
or {"refused": sentence}.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoring.models import LoadedModel, load

_WARM_UP = 50
_SINGLE_ROWS_SECONDS = 10.0
_LEAST_PREDICTIONS = 200
_BATCH = 10_000
_BATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Profile:
    """Latencies of one row from decoded JSON to the answer, in milliseconds."""

    runtime: str
    predictions: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    rows_per_second: float
    load_seconds: float
    rss_mb: float


def profile(directory: Path, digest: str, predictions: int) -> Profile:
    """Raises ValueError for a package that does not load or has no samples."""
    began = time.perf_counter()
    model = load(directory, digest)
    model.check_samples()
    loaded = time.perf_counter() - began
    if not model.samples:
        raise ValueError("The package has no samples to measure with.")
    _say({"progress": 0.1, "message": "Measuring single rows"})
    taken = _single_rows(model, predictions)
    p50, p95, p99 = np.percentile(taken, [50, 95, 99])
    _say({"progress": 0.7, "message": "Measuring batches"})
    speed = _rows_per_second(model)
    return Profile(
        runtime=model.runtime,
        predictions=len(taken),
        p50_ms=round(float(p50), 4),
        p95_ms=round(float(p95), 4),
        p99_ms=round(float(p99), 4),
        rows_per_second=round(speed),
        load_seconds=round(loaded, 3),
        rss_mb=round(_resident_megabytes(), 1),
    )


def _single_rows(model: LoadedModel, predictions: int) -> list[float]:
    """Milliseconds of each prediction, the first few left out; fewer where each of them takes long."""
    records = [sample["inputs"] for sample in model.samples]
    until = time.perf_counter() + _SINGLE_ROWS_SECONDS
    taken: list[float] = []
    for number in range(_WARM_UP + predictions):
        began = time.perf_counter()
        model.predict(model.reader.from_records([records[number % len(records)]]).columns)
        taken.append((time.perf_counter() - began) * 1000)
        if began > until and len(taken) >= _WARM_UP + _LEAST_PREDICTIONS:
            break
    return taken[_WARM_UP:]


def _rows_per_second(model: LoadedModel) -> float:
    """From arrays, in batches."""
    records = [sample["inputs"] for sample in model.samples]
    batch = model.reader.from_records((records * (_BATCH // len(records) + 1))[:_BATCH])
    rows, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < _BATCH_SECONDS:
        model.predict(batch.columns)
        rows += _BATCH
    return rows / took


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    job = json.loads(Path(arguments[0]).read_bytes())
    try:
        found = profile(Path(job["directory"]), job["digest"], int(job.get("predictions", 2000)))
    except (ValueError, OSError) as refused:
        _say({"refused": str(refused)})
        return 1
    _say({"result": asdict(found)})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
