import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.experiments import training_job


def _beside() -> Path | None:
    checkout = Path(__file__).resolve().parents[2]
    named = os.environ.get("MLOPS_TEST_DATA")
    places = [Path(named)] if named else []
    places += [up / "shared" / "data" for up in list(checkout.parents)[:2]]
    return next((place for place in places if place.is_dir()), None)


@pytest.fixture(scope="session")
def real_data() -> Path:
    found = _beside()
    if found is None:
        pytest.skip("The public data is not beside the checkout.")
    return found


def loans(rows: int = 600, *, seed: int = 0) -> pa.Table:
    """Loans that default with high debt, small income and one bad region."""
    rng = np.random.default_rng(seed)
    income, debt = rng.lognormal(3, 0.5, rows), rng.gamma(2, 2, rows)
    region = rng.choice(["north", "south", "east"], rows)
    risk = 0.5 * debt - 0.08 * income + 1.2 * (region == "east") + rng.normal(0, 1, rows)
    return pa.table(
        {
            "loan_id": [f"L{number:06d}" for number in range(rows)],
            "income": pa.array(income, mask=rng.random(rows) < 0.05),
            "debt": debt,
            "region": pa.array(region, mask=rng.random(rows) < 0.05),
            "sex": rng.choice(["f", "m"], rows),
            "signed": pa.array(np.arange(rows) * 3_600_000_000, pa.timestamp("us")),
            "defaulted": np.where(risk > np.quantile(risk, 0.7), "yes", "no"),
        }
    )


QUICK = {
    "target": "defaulted",
    "row_key": "loan_id",
    "algorithms": ["linear", "lightgbm"],
    "trials_per_algorithm": 1,
    "folds": 3,
}


@pytest.fixture
def train(tmp_path, capsys):
    """Trains on a table; returns the lines said and the artifact directory."""

    def run(table: pa.Table, name: str = "run", **settings):
        parquet, out = tmp_path / f"{name}.parquet", tmp_path / name / "artifact"
        pq.write_table(table, parquet)
        job = {"parquet": str(parquet), "out_dir": str(out), "settings": QUICK | settings}
        training_job.run(job)
        said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return said, out

    return run
