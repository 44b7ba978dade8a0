"""
Whether alarms can be believed: false alarms without drift, power on known shifts, causes named.

Sizes: BENCH_WINDOWS (2,000 windows without drift, a tenth of them with), BENCH_SEEDS (5).
"""

import json
import os
from collections.abc import Iterator

import numpy as np
import psutil

from apps.monitoring import causes
from apps.monitoring.drift import FeatureDrift
from tests.monitoring import made
from tests.monitoring.injected import CASES, evidence_of

WINDOWS = int(os.environ.get("BENCH_WINDOWS", "2000"))
SEEDS = int(os.environ.get("BENCH_SEEDS", "5"))
SIZES = ((200, 200), (1_000, 200), (1_000, 1_000), (10_000, 500), (10_000, 1_000))
COLUMNS = 20
PER_BASELINE = 10


def main() -> None:
    rng = np.random.default_rng(70)
    alarms, plain = [], []
    for n, m in SIZES:
        found = list(_windows(rng, n, m, WINDOWS // len(SIZES)))
        alarms.append(_rate(found))
        plain.append(float(np.mean([_is_plainly_over(features) for features in found])))
        print(f"no drift, n={n:>6}, m={m:>5}: {alarms[-1]:7.2%}, plain 0.1: {plain[-1]:7.2%}")
    power = _rate(list(_windows(rng, 5_000, 1_000, max(WINDOWS // 10, 10), shift=0.3)))
    print(f"one of {COLUMNS} columns moved by 0.3 sd, n=5000, m=1000: found in {power:.1%}")
    figures = {
        "false_alarm_rate": round(float(np.mean(alarms)), 4),
        "false_alarm_rate_plain_thresholds": round(float(np.mean(plain)), 4),
        "power": round(power, 4),
        "causes_named_first_of_10": _named_first(),
    }
    memory = round(psutil.virtual_memory().total / 2**30)
    machine = {"cores": os.cpu_count(), "memory_gb": memory}
    print(json.dumps({"bench": "drift-truth", "figures": figures, "n": WINDOWS, "machine": machine}))


def _windows(
    rng: np.random.Generator, n: int, m: int, windows: int, shift: float = 0.0
) -> Iterator[list[FeatureDrift]]:
    for _ in range(max(windows // PER_BASELINE, 1)):
        reference = made.baseline(**_drawn(rng, n))
        for _ in range(PER_BASELINE):
            yield list(made.compared(reference, **_drawn(rng, m, shift)).values())


def _drawn(rng: np.random.Generator, rows: int, shift: float = 0.0) -> dict[str, np.ndarray]:
    columns = {}
    for k in range(COLUMNS):
        draw = (rng.standard_normal, rng.standard_exponential, rng.random)[k % 3]
        columns[f"column_{k}"] = draw(rows) if k % 4 else rng.choice(list("abcdef"), rows)
    columns["column_1"] = rng.normal(shift, size=rows)
    return columns


def _rate(windows: list[list[FeatureDrift]]) -> float:
    alarms = [any(f.verdict == "drifted" for f in features) for features in windows]
    return float(np.mean(alarms))


def _is_plainly_over(features: list[FeatureDrift]) -> bool:
    """The common default: 0.1 for any column, whatever the sample sizes."""
    return any(value.decides and value.value >= 0.1 for f in features for value in f.metrics)


def _named_first() -> float:
    """Of the ten kinds, how many are named first; the mean over seeds."""
    right = 0
    for case in CASES:
        found = [causes.name_causes(evidence_of(case, seed)) for seed in range(SEEDS)]
        hits = sum(bool(named) and named[0].kind == case.kind for named in found)
        print(f"cause {case.name:<20} named first in {hits} of {SEEDS}")
        right += hits
    return round(right / SEEDS * 10 / len(CASES), 2)


if __name__ == "__main__":
    main()
