"""Progress and log of a step: files, so that they cost the database nothing."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core.said import Said, plain, revived
from apps.pipelines.models import Step

MOST_LOG_BYTES = 20 * 1024**2


@dataclass(frozen=True, slots=True)
class Progress:
    """`fraction` from 0 to 1; `doing` what is being done; `at` when it was said."""

    fraction: float
    doing: Said
    at: datetime


def folder(run_id: int, step: str) -> Path:
    return Path(settings.WORK_DIR) / "runs" / str(run_id) / step


class Writer:
    """Writes one attempt's progress, events and log. One process writes."""

    def __init__(self, run_id: int, step: str, attempt: int) -> None:
        self.folder = folder(run_id, step)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        self.attempt = attempt

    def progress(self, fraction: float, doing: Said) -> None:
        state = {"fraction": fraction, "doing": doing.as_json(), "at": datetime.now(UTC).isoformat()}
        partial = self.folder / f"progress.{self.attempt}.part"
        partial.write_text(json.dumps(state))
        partial.replace(self.folder / "progress.json")

    def log(self, line: str) -> None:
        path = self.folder / "log.txt"
        if path.exists() and path.stat().st_size > MOST_LOG_BYTES:
            return
        stamp = datetime.now(UTC).strftime("%H:%M:%S")
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{stamp} {line.rstrip()}\n")

    def event(self, name: str, facts: dict[str, Any]) -> None:
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"event": name, "attempt": self.attempt, **plain(facts)}) + "\n")


def of(step: Step) -> Progress | None:
    """What the step last said of how far it is."""
    try:
        state = json.loads((folder(step.run_id, step.name) / "progress.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return Progress(state["fraction"], revived(state["doing"]), datetime.fromisoformat(state["at"]))


def events(step: Step, name: str) -> list[dict[str, Any]]:
    """What the step reported under that name, all attempts, oldest first."""
    try:
        lines = (folder(step.run_id, step.name) / "events.jsonl").read_text().splitlines()
    except FileNotFoundError:
        return []
    found = [revived(json.loads(line)) for line in lines if line.endswith("}")]
    return [event for event in found if event["event"] == name]


def log_tail(step: Step, most_bytes: int = 16_384) -> str:
    """The end of the step's log."""
    try:
        with (folder(step.run_id, step.name) / "log.txt").open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(file.tell() - most_bytes, 0))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
