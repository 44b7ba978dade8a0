import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.automation import collect_child
from apps.monitoring.captured_table import CORRELATION, ID, TIME

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def job(tmp_path):
    base = pa.table(
        {
            "loan_id": ["L1", "L2"],
            "signed": pa.array([AT, AT], pa.timestamp("us")),
            "terms": pa.array([12, 24], pa.int64()),
            "region": ["north", None],
            "branch": ["a", "b"],
            "defaulted": ["yes", "no"],
        }
    )
    # As ingestion writes it: a column without gaps is declared so.
    always_there = base.schema.field("branch").with_nullable(False)
    base = base.cast(base.schema.set(base.schema.get_field_index("branch"), always_there))
    captured = pa.table(
        {
            ID: [f"0-0-7-0-{n}" for n in range(50)],
            TIME: pa.array([AT] * 50, pa.timestamp("us", tz="UTC")),
            CORRELATION: [f"c{n}" for n in range(50)],
            "terms": pa.array([float(n) for n in range(50)]),
            "region": ["south"] * 50,
        }
    )
    pq.write_table(base, tmp_path / "base.parquet")
    pq.write_table(captured, tmp_path / "captured.parquet")
    (tmp_path / "truths.json").write_text(json.dumps({f"c{n}": "yes" for n in range(40)}))
    return {
        "base": str(tmp_path / "base.parquet"),
        "captured": [str(tmp_path / "captured.parquet")],
        "truths": str(tmp_path / "truths.json"),
        "inputs": ["terms", "region"],
        "target": "defaulted",
        "time_column": "signed",
        "row_key": ["loan_id"],
        "out": str(tmp_path / "out.parquet"),
    }


def test_labelled_rows_follow_those_that_the_model_learnt_from(job):
    counts = collect_child.run(job)

    table = pq.read_table(job["out"])
    assert counts == {"base_rows": 2, "captured_rows": 50, "labelled_rows": 40}
    base = pq.read_schema(job["base"])
    assert (table.schema.names, table.schema.types) == (base.names, base.types)
    assert table.slice(2, 1).to_pylist() == [
        {
            "loan_id": "0-0-7-0-0",
            "signed": AT.replace(tzinfo=None),
            "terms": 0,
            "region": "south",
            "branch": None,
            "defaulted": "yes",
        }
    ]


def test_too_few_labels_are_refused_with_a_sentence(job):
    with open(job["truths"], "w") as file:
        json.dump({"c1": "yes"}, file)

    with pytest.raises(ValueError, match="only 1 has a label"):
        collect_child.run(job)


def test_labels_become_what_the_target_is_in_the_data(job):
    base = pq.read_table(job["base"]).set_column(5, "defaulted", pa.array([1, 0], pa.int64()))
    pq.write_table(base, job["base"])
    with open(job["truths"], "w") as file:
        json.dump({f"c{n}": "1" if n else "many" for n in range(40)}, file)

    collect_child.run(job)

    assert pq.read_table(job["out"])["defaulted"].to_pylist()[:4] == [1, 0, None, 1]
