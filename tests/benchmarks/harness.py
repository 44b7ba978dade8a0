"""
How every benchmark here measures and reports.

A benchmark measures by turns (so that a slow moment of the machine hits all sides alike), quotes
medians, prints a table for people and, as its last line, one JSON object for programs:

    {"bench": "drift", "figures": {"ratio_to_scan": 1.4}, "n": 5, "machine": {"cores": 2, "memory_gb": 24}}
"""

import contextlib
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "var" / "bench"
WATCHED = Path(__file__).with_name("watched.py")


@dataclass(slots=True)
class Bench:
    """
    One benchmark's results.

    `figures` are for programs, `rows` (label, values…) for people under `columns`.
    """

    name: str
    n: int
    columns: Sequence[str] = ()
    rows: list[tuple[object, ...]] = field(default_factory=list)
    figures: dict[str, float | int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def row(self, *values: object) -> None:
        self.rows.append(values)

    def figure(self, name: str, value: float) -> None:
        """Three significant digits for floats: more would be noise."""
        if name in self.figures:
            raise ValueError(f"{name} was given twice")
        self.figures[name] = value if isinstance(value, int) else float(f"{value:.3g}")

    def print(self) -> None:
        if not self.figures:
            raise ValueError("a benchmark without figures says nothing")
        print(f"\n{self.name}: {self.n} runs each, medians, {_machine_words()}\n")
        print(table(self.columns, self.rows))
        for note in self.notes:
            print(note)
        report = {"bench": self.name, "figures": self.figures, "n": self.n, "machine": machine()}
        print(json.dumps(report, allow_nan=False), flush=True)


def by_turns(
    sides: Mapping[str, Callable[[], object]], n: int, *, warm: bool = True
) -> dict[str, list[float]]:
    """Seconds of each side, n times, A B C A B C …; one round before that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(-1 if warm else 0, n):
        for name, run in sides.items():
            began = time.perf_counter()
            run()
            if turn >= 0:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def medians(seconds: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: statistics.median(values) for name, values in seconds.items()}


def ratio_by_turns(seconds: Mapping[str, Sequence[float]], numerator: str, denominator: str) -> float:
    """The median of the ratios within each turn, which a drifting machine disturbs least."""
    pairs = zip(seconds[numerator], seconds[denominator], strict=True)
    return statistics.median(above / below for above, below in pairs)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def machine() -> dict[str, float | int | str]:
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_gb": round(psutil.virtual_memory().total / 1024**3),
        "python": platform.python_version(),
    }


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned text: the first column to the left, numbers to the right."""
    cells = [[*columns], *([_shown(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells if i < len(row)) for i in range(max(map(len, cells)))]
    lines = [_aligned(row, widths) for row in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def in_a_process(argv: Sequence[str], *, python: Path | str = sys.executable) -> tuple[dict[str, float], int]:
    """
    Run a measuring program of its own (a peer, or anything whose memory counts).

    Returns the JSON object that it prints as its last line, and its largest resident memory in
    MB. Raises RuntimeError with its last words when it fails.
    """
    reading, writing = os.pipe()
    watched = [sys.executable, "-S", str(WATCHED), str(writing), str(python), *argv]
    process = subprocess.Popen(watched, cwd=ROOT, stdout=subprocess.PIPE, text=True, pass_fds=(writing,))
    os.close(writing)
    said, _nothing = process.communicate()
    with open(reading) as pipe:
        most = int(pipe.read() or 0)
    if process.returncode:
        raise RuntimeError(f"{argv[0]} failed with {process.returncode}: {said[-2000:]}")
    return json.loads(said.strip().splitlines()[-1]), _megabytes(most)


def own_rss_mb() -> int:
    """The largest resident memory of this process so far."""
    return _megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def peer_environment(name: str, requirements: Sequence[str]) -> Path:
    """The Python of an environment of that peer's own under var/bench/, made at first use."""
    folder = PEERS / name
    python = folder / "bin" / "python"
    stamp = folder / "made-for"
    wanted = "\n".join(requirements)
    with contextlib.suppress(OSError):
        if stamp.read_text() == wanted:
            return python
    print(f"Installing {', '.join(requirements)} into {folder.relative_to(ROOT)}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *requirements], check=True)
    stamp.write_text(wanted)
    return python


def _machine_words() -> str:
    facts = machine()
    return f"{facts['cores']} cores, {facts['memory_gb']} GB, Python {facts['python']}"


def _megabytes(maxrss: int) -> int:
    # Linux counts kilobytes here, macOS bytes.
    return round(maxrss / (1024**2 if sys.platform == "darwin" else 1024))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=False))
    return "  ".join([first.strip().ljust(widths[0]), *others])


def _shown(value: object) -> str:
    if isinstance(value, float) and abs(value) < 1000:
        return f"{value:.3g}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)
