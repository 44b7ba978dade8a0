"""
How good the search gets: 10-fold ROC AUC of the winner on open data, beside the published ones.

`python -m tests.benchmarks.automl [--budget SECONDS]`. A twentieth of the rows is held out, as
little as the product allows, because the published figures are of all rows. The last line is
one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow.csv as pv
import pyarrow.parquet as pq

CHECKOUT = Path(__file__).resolve().parents[2]
HELD_OUT = 0.05
CLASSIC = [
    "age", "job", "marital", "education", "default", "housing", "loan", "contact", "month",
    "day_of_week", "duration", "campaign", "pdays", "previous", "poutcome",
]  # fmt: skip
ADDED = ["emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"]


@dataclass(frozen=True)
class Case:
    figure: str
    file: str
    target: str
    published: str
    delimiter: str = ","
    features: list[str] | None = None


CASES = [
    Case("adult_auc", "adult/adult.csv", "income-per-year", ".926-.931"),
    Case(
        "bank_auc",
        "bank_marketing/bank-additional-full.csv",
        "y",
        ".937",
        ";",
        CLASSIC,
    ),
    Case(
        "bank_without_duration_auc",
        "bank_marketing/bank-additional-full.csv",
        "y",
        ".804",
        ";",
        [name for name in CLASSIC if name != "duration"] + ADDED,
    ),
    Case("german_credit_auc", "german_credit/germancredit.csv", "creditability", ".783-.803"),
]


def data_directory() -> Path:
    named = os.environ.get("MLOPS_TEST_DATA")
    places = [Path(named)] if named else []
    places += [up / "shared" / "data" for up in list(CHECKOUT.parents)[:2]]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        sys.exit("The public data is not there: set MLOPS_TEST_DATA.")
    return found


def measured(case: Case, place: Path, budget: float) -> dict:
    table = pv.read_csv(
        data_directory() / case.file,
        parse_options=pv.ParseOptions(delimiter=case.delimiter),
        convert_options=pv.ConvertOptions(null_values=["?", " ?", ""], strings_can_be_null=True),
    )
    pq.write_table(table, place / "data.parquet")
    settings = {
        "target": case.target,
        "features": case.features,
        "folds": 10,
        "split": {"share": HELD_OUT},
        "trials_per_algorithm": 12,
        "time_budget_seconds": budget,
        "n_jobs": os.cpu_count(),
    }
    job = {
        "parquet": str(place / "data.parquet"),
        "out_dir": str(place / "artifact"),
        "settings": settings,
    }
    (place / "job.json").write_text(json.dumps(job))
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "apps.experiments.training_child", str(place / "job.json")],
        cwd=CHECKOUT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    report = json.loads((place / "artifact" / "report.json").read_text())
    return {"seconds": time.monotonic() - started, **of_report(report)}


def of_report(report: dict) -> dict:
    search = report["search"]
    winner = next(one for one in search["trials"] if one["number"] == search["winner"])
    held_out = report["held_out"]["metrics"]["roc_auc"]
    return {
        "auc": winner["mean"],
        "algorithm": winner["algorithm"],
        "trials": len(search["trials"]),
        "held_out": held_out["value"],
        "interval": held_out["interval"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=600, help="seconds of search per data set")
    parser.add_argument("--only", help="one figure's name")
    told = parser.parse_args()
    figures = {}
    print(f"{'':28}{'10-fold':>8}{'published':>12}{'held out':>10}  winner, trials, seconds")
    for case in CASES:
        if told.only in (None, case.figure):
            with tempfile.TemporaryDirectory() as place:
                found = measured(case, Path(place), told.budget)
            figures[case.figure] = round(found["auc"], 4)
            print(
                f"{case.figure:28}{found['auc']:8.4f}{case.published:>12}{found['held_out']:10.4f}"
                f"  {found['algorithm']}, {found['trials']}, {found['seconds']:.0f}"
            )
    memory = round(psutil.virtual_memory().total / 2**30)
    machine = {"cores": os.cpu_count(), "memory_gb": memory}
    print(json.dumps({"bench": "automl", "figures": figures, "n": 1, "machine": machine}))


if __name__ == "__main__":
    main()
