import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.core import storage
from apps.datasets.profiling import profile
from apps.datasets.schema import ColumnKind, Schema, schema_in
from apps.experiments import designs, training_job
from apps.experiments.designs import Design, settings_from
from apps.projects.roles import Role
from tests.factories import DatasetFactory, DatasetVersionFactory, member
from tests.pipelines.conftest import messages, work  # noqa: F401 - fixtures of the engine's tests


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


def _with_categories(table: pa.Table) -> Schema:
    """As reading a file finds out: texts that repeat themselves are categories."""
    return Schema(
        tuple(
            replace(column, kind=ColumnKind.CATEGORY)
            if column.kind == ColumnKind.TEXT and len(table[column.name].unique()) < 20
            else column
            for column in schema_in(table.schema).columns
        )
    )


@pytest.fixture
def publish():
    """Keeps a table as a published version of a dataset, with the profile that ingestion makes."""

    def keep(table: pa.Table, dataset, **fields):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "data.parquet"
            schema = _with_categories(table)
            pq.write_table(table.replace_schema_metadata(schema.as_metadata()), path)
            digest = storage.put_file(path)
            described = storage.put_document(profile(path).as_json())
        return DatasetVersionFactory(
            dataset=dataset,
            published=True,
            data_digest=digest,
            profile_digest=described,
            rows=table.num_rows,
            schema=schema.as_json(),
            **fields,
        )

    return keep


@pytest.fixture
def scientist(project):
    return member(project, Role.DATA_SCIENTIST)


@pytest.fixture
def dataset(project):
    return DatasetFactory(project=project)


@pytest.fixture
def version(publish, dataset):
    return publish(loans(300), dataset)


@pytest.fixture
def experiment(scientist, version):
    design = Design("Defaults", "defaults", settings_from(QUICK | {"protected": ["sex"]}))
    return designs.create(version.dataset, design, by=scientist)
