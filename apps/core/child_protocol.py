"""
How a child process tells its parent what happens: one JSON object a line on standard output.

Children run without Django, database and secrets. Everything that is not such a line, and
all of standard error, is the run's log.
"""

import json
import sys
from typing import Any

from apps.core.said import Said, plain


def progress(fraction: float, doing: Said) -> None:
    """How far it is, from 0 to 1, and what is being done."""
    _say({"progress": round(min(max(fraction, 0.0), 1.0), 4), "doing": doing})


def event(name: str, **facts: Any) -> None:
    """Something worth showing before the end, a finished trial for example."""
    _say({"event": name, "facts": facts})


def result(document: dict[str, Any]) -> None:
    """What came out. Once, as the last line."""
    _say({"result": document})


def refuse(why: Said) -> None:
    """The input cannot be worked with, and why, for a person to read. Trying again does not help."""
    _say({"refused": why})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(plain(line), allow_nan=False, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()
