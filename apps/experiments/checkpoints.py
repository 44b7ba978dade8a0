"""Finished trials on disk, so that a training that starts again does not repeat them."""

import json
import os
from pathlib import Path

from apps.experiments.searching import Trial


def read(path: Path, job: str) -> list[Trial]:
    """The trials of this very job; lines of another one, or torn by a crash, are passed over."""
    if not path.exists():
        return []
    documents = [_parsed(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Trial.from_json(one["trial"]) for one in documents if one and one.get("job") == job]


def append(path: Path, job: str, trial: Trial) -> None:
    """On disk when this returns."""
    line = json.dumps({"job": job, "trial": trial.as_json()}, allow_nan=False)
    with path.open("a", encoding="utf-8") as stream:
        # A newline first: a line torn by a crash must not swallow this one.
        stream.write(f"\n{line}\n")
        stream.flush()
        os.fsync(stream.fileno())


def _parsed(line: str) -> dict[str, dict[str, object]] | None:
    try:
        return json.loads(line)
    except ValueError:
        return None
