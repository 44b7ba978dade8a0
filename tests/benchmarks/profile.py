"""
The profile of a big Parquet file against pandas doing the same, each in a process of its own.

``BENCH_ROWS`` (10,000,000), ``BENCH_REPEATS`` (3) and ``BENCH_PANDAS`` (1; 0 leaves the peer
out) change the size. The last line is one JSON object.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from apps.core import said
from apps.datasets.profiling import profile

NUMERIC, LEVELS = 14, (2, 5, 20, 100, 1_000, 5_000)
GROUP_ROWS = 131_072
MISSING = 0.03


def write_data(path: Path, rows: int) -> None:
    """14 numeric columns of five shapes and 6 categories of up to 5,000 levels, 3 % missing."""
    rng = np.random.default_rng(7)
    writer: pq.ParquetWriter | None = None
    for start in range(0, rows, GROUP_ROWS):
        table = _group(rng, min(GROUP_ROWS, rows - start))
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()


def _group(rng: np.random.Generator, rows: int) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for at in range(NUMERIC):
        columns[f"number_{at}"] = pa.array(_numbers(rng, at % 5, rows), mask=_gaps(rng, rows))
    for levels in LEVELS:
        names = pa.array([f"level {level}" for level in range(levels)])
        codes = np.minimum(rng.geometric(min(0.5, 8 / levels), rows) - 1, levels - 1)
        coded = pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=_gaps(rng, rows)), names)
        columns[f"category_{levels}"] = coded.cast(pa.string())
    return pa.table(columns)


def _numbers(rng: np.random.Generator, shape: int, rows: int) -> np.ndarray:
    return (
        rng.normal(50, 10, rows),
        rng.lognormal(7, 1, rows).round(2),
        rng.integers(18, 90, rows),
        rng.exponential(3.0, rows),
        rng.integers(0, 10**9, rows),
    )[shape]


def _gaps(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.random(rows) < MISSING


def with_pandas(path: Path) -> None:
    """The same figures, as a careful pandas user would compute them."""
    frame = pd.read_parquet(path)
    frame.duplicated().sum()
    numbers = frame.select_dtypes("number")
    numbers.corr()
    for name in frame.columns:
        column = frame[name]
        column.isna().sum()
        column.nunique()
        column.value_counts().head(20)
        if name in numbers:
            _numeric_with_pandas(column.dropna())


def _numeric_with_pandas(values: pd.Series) -> None:
    values.agg(["min", "max", "mean", "std"])
    marks = values.quantile([0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1])
    np.histogram(values, bins=20)
    reach = 1.5 * (marks[0.75] - marks[0.25])
    ((values < marks[0.25] - reach) | (values > marks[0.75] + reach)).sum()
    distances = (values - marks[0.5]).abs()
    (distances / (1.4826 * distances.median()) > 3.5).sum()


def with_portal(path: Path) -> None:
    json.dumps(said.plain(profile(path).as_json()), allow_nan=False)


WAYS = {"portal": with_portal, "pandas": with_pandas}


def measure(way: str, path: Path) -> tuple[float, float]:
    """Seconds and peak resident megabytes of a fresh process, its imports not counted."""
    command = [sys.executable, "-m", "tests.benchmarks.profile", way, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def run_one(way: str, path: Path) -> None:
    started = time.perf_counter()
    WAYS[way](path)
    seconds = time.perf_counter() - started
    with Path("/proc/self/status").open(encoding="ascii") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    print(round(seconds, 3), int(peak.split()[1]) / 1024)


def main() -> None:
    rows = int(os.environ.get("BENCH_ROWS", "10000000"))
    repeats = int(os.environ.get("BENCH_REPEATS", "3"))
    ways = ["portal", "pandas"] if os.environ.get("BENCH_PANDAS", "1") == "1" else ["portal"]
    path = Path(os.environ.get("BENCH_DIR", "var/bench")) / f"profile-{rows}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_data(path, rows)
    runs = {way: [] for way in ways}
    for _ in range(repeats):
        for way in ways:
            runs[way].append(measure(way, path))
    print_figures(rows, repeats, runs)


def print_figures(rows: int, repeats: int, runs: dict[str, list[tuple[float, float]]]) -> None:
    medians = {way: statistics.median(run[0] for run in taken) for way, taken in runs.items()}
    peaks = {way: max(run[1] for run in taken) for way, taken in runs.items()}
    print(f"{'':10}{'seconds':>10}{'MB':>10}   ({rows:,} rows x {NUMERIC + len(LEVELS)} columns)")
    for way in runs:
        print(f"{way:10}{medians[way]:>10.2f}{peaks[way]:>10.0f}")
    figures = {
        "rows": rows,
        "seconds": round(medians["portal"], 3),
        "rss_mb": round(peaks["portal"]),
    }
    if rows == 10_000_000:
        figures["seconds_10m"] = figures["seconds"]
    if "pandas" in medians:
        figures["ratio_to_pandas"] = round(medians["pandas"] / medians["portal"], 2)
    memory_gb = round(psutil.virtual_memory().total / 2**30)
    machine = {"cores": os.cpu_count(), "memory_gb": memory_gb}
    line = {"bench": "profile", "figures": figures, "n": repeats, "machine": machine}
    print(json.dumps(line))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run_one(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
