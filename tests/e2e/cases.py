"""What the whole loop is played with: data to train on, traffic like it, and traffic that has moved."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from apps.home import demo_data

Record = dict[str, Any]
ROWS_OF_A_WAVE = 240


@dataclass(frozen=True)
class Case:
    """
    `settings` as an experiment takes them. `quiet` and `drifted` hold the target too: it is
    taken off before a row is sent, and comes back as the label.
    """

    name: str
    filename: str
    csv: str
    settings: dict[str, Any]
    quiet: list[Record]
    drifted: list[Record]
    retrains_by_itself: bool = False
    expected_columns: tuple[str, ...] = field(default=())

    @property
    def target(self) -> str:
        return str(self.settings["target"])

    @property
    def model_name(self) -> str:
        return self.name.replace("_", "-")

    @property
    def beginning(self) -> str:
        """The file as it was earlier: its first third."""
        lines = self.csv.splitlines(keepends=True)
        return "".join(lines[: len(lines) // 3])

    def without_target(self, record: Record) -> Record:
        return {name: value for name, value in record.items() if name != self.target}


# Small enough that one loop takes about a minute on two cores.
BUDGET = {
    "algorithms": ["linear", "lightgbm"],
    "trials_per_algorithm": 2,
    "folds": 3,
    "time_budget_seconds": 8,
}


def generator() -> Case:
    """The demo's own portfolio: the world moves as demo_data says."""
    past = demo_data.consumer_credit(2500, seed=2024, start=date(2024, 1, 1))
    same = demo_data.consumer_credit(ROWS_OF_A_WAVE, seed=7, start=date(2025, 1, 1))
    moved = demo_data.consumer_credit(2 * ROWS_OF_A_WAVE, seed=8, start=date(2026, 1, 1), drift=1.0)
    return Case(
        "generator",
        "applications.csv",
        past.to_csv(index=False),
        {
            "target": demo_data.TARGET,
            "positive_class": "yes",
            "favourable_class": "no",
            "protected": [{"name": "age", "edges": [25, 60]}, {"name": "sex"}],
            "row_key": ["application_id"],
            **BUDGET,
        },
        _records(same),
        _records(moved),
        retrains_by_itself=True,
        expected_columns=("income_monthly_eur", "channel"),
    )


def german_credit(folder: Path) -> Case:
    """
    Real applicants, of whom nobody knows a later year. What moves is who asks: the drifted
    traffic is drawn from the applicants up to 26 years old alone, some of them several times.
    Age itself is protected, so that no model sees it; what goes with it moves.
    """
    frame = pd.read_csv(folder / "german_credit" / "germancredit.csv").sample(frac=1, random_state=1)
    young = frame[frame["age_in_years"] <= 26].sample(2 * ROWS_OF_A_WAVE, replace=True, random_state=2)
    return Case(
        "german_credit",
        "germancredit.csv",
        frame[:760].to_csv(index=False),
        {
            "target": "creditability",
            "positive_class": "bad",
            "favourable_class": "good",
            "protected": [{"name": "age_in_years", "edges": [25]}],
            **BUDGET,
        },
        _records(frame[760:]),
        _records(young),
        expected_columns=("housing", "present_employment_since"),
    )


def bank_marketing(folder: Path) -> Case:
    """
    Real calls of a bank in their order of time. It learns from the first 8,000 (May and June
    2008) without the call's duration, which nobody knows before the call; the drifted traffic is
    of the last 10,000, after the world's economy had changed.
    """
    frame = pd.read_csv(folder / "bank_marketing" / "bank-additional-full.csv", sep=";")
    past = frame[:8000]
    features = [name for name in frame.columns if name not in ("duration", "y")]
    return Case(
        "bank_marketing",
        "calls.csv",
        past.to_csv(index=False, sep=";"),
        {"target": "y", "positive_class": "yes", "features": features, **BUDGET},
        _records(past.sample(ROWS_OF_A_WAVE, random_state=1)),
        _records(frame[-10_000:].sample(2 * ROWS_OF_A_WAVE, random_state=2)),
        expected_columns=("euribor3m", "cons.price.idx", "emp.var.rate", "nr.employed", "month"),
    )


CASES: dict[str, Callable[[Path], Case]] = {
    "generator": lambda _folder: generator(),
    "german_credit": german_credit,
    "bank_marketing": bank_marketing,
}


def _records(frame: pd.DataFrame) -> list[Record]:
    """As JSON: what is missing is null, numbers are numbers."""
    found: list[Record] = json.loads(frame.to_json(orient="records"))
    return found
