"""
How fast a window is counted and compared, beside the bare scan, scipy and Evidently.

Sizes: BENCH_ROWS (1,000,000), BENCH_REPEATS (5). Files and peers live under var/bench.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats
from scipy.spatial.distance import jensenshannon

from apps.monitoring import baselines, drift, histograms
from tests.benchmarks import drift_rows

HOME = Path(__file__).parents[2] / "var" / "bench"
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
REPEATS = int(os.environ.get("BENCH_REPEATS", "5"))
PINS = ("evidently==0.7.11", "pandas<2.3", "numpy<2.1", "pyarrow<20")


def main() -> None:
    reference, current = _files()
    baseline = baselines.build(reference, drift_rows.signature())
    times = _turns(
        scan=lambda: _scan(current),
        count=lambda: histograms.count(current, baseline),
        build=lambda: baselines.build(reference, drift_rows.signature()),
        compare=lambda: drift.compare(baseline, histograms.count(current, baseline)),
    )
    whole = times["build"] + times["compare"]
    scipy = _timed(lambda: _by_scipy(reference, current))
    figures = {
        "ratio_to_scan": round(times["count"] / times["scan"], 2),
        "ratio_to_scipy": round(scipy / whole, 1),
        "rss_mb": round(_child_memory(reference, current)),
    }
    evidently, reason = _by_evidently(reference, current)
    if evidently is not None:
        figures["ratio_to_evidently"] = round(evidently / whole, 1)
    _report({**times, "scipy": scipy}, evidently, reason)
    _last_line(figures)


def _files() -> tuple[Path, Path]:
    HOME.mkdir(parents=True, exist_ok=True)
    paths = HOME / f"drift-reference-{ROWS}.parquet", HOME / f"drift-current-{ROWS}.parquet"
    for seed, path in enumerate(paths):
        if not path.exists():
            drift_rows.write(path, ROWS, seed, shift=0.1 * seed)
    return paths


def _turns(**works: Callable[[], object]) -> dict[str, float]:
    """Medians in seconds; the works take turns, so that the machine's moods hit all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(REPEATS):
        for name, work in works.items():
            seconds[name].append(_timed(work))
    return {name: statistics.median(values) for name, values in seconds.items()}


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _scan(path: Path) -> None:
    """The limit: decode every column with two threads, keeping dictionaries as they are stored."""
    pa.set_cpu_count(2)
    categories = [f"category_{levels}" for levels in drift_rows.LEVELS]
    file = pq.ParquetFile(path, read_dictionary=categories, memory_map=True)
    for group in range(file.num_row_groups):
        file.read_row_group(group, use_threads=True)


def _by_scipy(reference: Path, current: Path) -> None:
    before, after = pd.read_parquet(reference), pd.read_parquet(current)
    for name in before.columns:
        one, other = before[name].dropna(), after[name].dropna()
        if name.startswith("number"):
            stats.ks_2samp(one, other, method="asymp")
            stats.wasserstein_distance(one, other)
            edges = [-np.inf, *np.quantile(one, np.arange(1, 10) / 10), np.inf]
            jensenshannon(np.histogram(one, edges)[0], np.histogram(other, edges)[0], base=2)
        else:
            p, q = one.value_counts(), other.value_counts()
            levels = p.index.union(q.index)
            table = [p.reindex(levels, fill_value=0), q.reindex(levels, fill_value=0)]
            jensenshannon(*table, base=2)
            stats.chi2_contingency(table)


def _by_evidently(reference: Path, current: Path) -> tuple[float | None, str]:
    python = HOME / "evidently" / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", *PINS], check=True, timeout=600)
        peer = Path(__file__).parent / "evidently_peer.py"
        command = [python, "-W", "ignore", peer, reference, current]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1_800)
        return float(done.stdout.split()[-1]), ""
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        return None, f"{type(error).__name__}: {error}"


def _child_memory(reference: Path, current: Path) -> float:
    """In a process of its own: this one holds pandas and what the scan left behind."""
    command = [sys.executable, "-m", "tests.benchmarks.drift_memory", reference, current]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _report(times: dict[str, float], evidently: float | None, reason: str) -> None:
    print(f"{ROWS:,} rows x {drift_rows.NUMBERS + len(drift_rows.LEVELS)} columns, medians")
    for name, seconds in times.items():
        print(f"  {name:<10}{seconds:9.3f} s")
    print(f"  evidently {evidently:9.3f} s" if evidently else f"  evidently left out: {reason}")


def _last_line(figures: dict[str, float]) -> None:
    memory = round(psutil.virtual_memory().total / 2**30)
    machine = {"cores": os.cpu_count(), "memory_gb": memory}
    print(json.dumps({"bench": "drift", "figures": figures, "n": REPEATS, "machine": machine}))


if __name__ == "__main__":
    main()
