"""Windows with a known cause: what the tests and the benchmark inject."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.monitoring import baselines, drift, histograms
from apps.monitoring.causes import Evidence, Labels
from tests.monitoring import made

ROWS, REFERENCE_ROWS = 2_000, 8_000
Columns = dict[str, Any]
Injection = Callable[[Columns, np.random.Generator], None]


@dataclass(frozen=True)
class Case:
    """`inject` changes a window in place; `kind` is the cause that must be named first."""

    name: str
    kind: str
    inject: Injection | None = None
    labels: Labels | None = None
    in_season: bool = False
    code_changed: bool = False


def people(rng: np.random.Generator, rows: int) -> Columns:
    return {
        "age": rng.normal(40, 12, rows),
        "income": rng.lognormal(10, 0.5, rows),
        "temperature": rng.normal(15, 8, rows),
        "job": rng.choice(["clerk", "nurse", "farmer", "cook"], rows, p=[0.4, 0.3, 0.2, 0.1]),
        baselines.SCORE: rng.beta(2, 5, rows),
    }


def evidence_of(case: Case, seed: int) -> Evidence:
    rng = np.random.default_rng(seed)
    before = people(rng, REFERENCE_ROWS)
    kinds = {"age": "number", "income": "number", "temperature": "number", "job": "category"}
    reference = baselines.build(before, made.signature(**kinds))
    window = people(rng, ROWS)
    if case.inject:
        case.inject(window, rng)
    counts = histograms.count(window, reference)
    return Evidence(
        drift.compare(reference, counts),
        counts,
        reference,
        importance={"age": 0.4, "income": 0.3, "temperature": 0.2, "job": 0.1},
        labels=case.labels,
        seasonal=_season(case, rng, window, kinds) if case.in_season else None,
        code_changed=case.code_changed,
    )


def _season(case: Case, rng: np.random.Generator, window: Columns, kinds: dict[str, str]) -> list:
    last_cycle = people(rng, REFERENCE_ROWS)
    case.inject(last_cycle, rng)
    reference = baselines.build(last_cycle, made.signature(**kinds))
    return drift.compare(reference, histograms.count(window, reference))


def _stuck(columns: Columns, rng: np.random.Generator) -> None:
    columns["temperature"][:] = 21.5


def _spikes(columns: Columns, rng: np.random.Generator) -> None:
    columns["age"][rng.random(ROWS) < 0.03] = 9_999


def _unit(columns: Columns, rng: np.random.Generator) -> None:
    columns["income"] = columns["income"] / 100


def _upstream(columns: Columns, rng: np.random.Generator) -> None:
    columns["age"][rng.random(ROWS) < 0.6] = np.nan


def _season_change(columns: Columns, rng: np.random.Generator) -> None:
    columns["temperature"] = columns["temperature"] + 9


def _population(columns: Columns, rng: np.random.Generator) -> None:
    columns["age"] = columns["age"] - 8
    columns["income"] = columns["income"] * 0.7


def _category(columns: Columns, rng: np.random.Generator) -> None:
    columns["job"] = np.where(rng.random(ROWS) < 0.15, "pilot", columns["job"])


def _scores(columns: Columns, rng: np.random.Generator) -> None:
    columns[baselines.SCORE] = 1 - columns[baselines.SCORE]


CASES = [
    Case("stuck sensor", "sensor_fault", _stuck),
    Case("spikes", "sensor_fault", _spikes),
    Case("unit change", "sensor_fault", _unit),
    Case("missing upstream", "missing_upstream", _upstream),
    Case("seasonality", "seasonality", _season_change, in_season=True),
    Case("population shift", "population_shift", _population),
    Case("changed behaviour", "concept_change", labels=Labels(True, 0.9, 0.9)),
    Case("new category", "new_category", _category),
    Case("label delay", "label_delay", labels=Labels(True, 0.2, 0.9)),
    Case("code change", "code_change", _scores, code_changed=True),
]
