"""
Exact duplicate rows of a Parquet file, found by hash and proved by value.

DuckDB may read that one file and nothing else. It hashes every row; only rows whose hash
occurs twice are compared by value, so memory is 8 bytes a row and not the rows themselves.
"""

from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

MEMORY_LIMIT = "600MB"
THREADS = 2
# Comparing so many rows by value would need as much memory as they have: a second hash
# decides instead, and two rows that differ agree in both with a chance below 1e-20.
MOST_COMPARED = 500_000
_SALT = "'second'"


def duplicate_rows(parquet: Path) -> int:
    """Rows that repeat an earlier row in every column; missing equals missing."""
    with _reader(parquet) as connection:
        columns = _columns(parquet)
        hashes = _hashes(connection, parquet, f"hash({columns})")
        repeated = _repeated(hashes)
        if not len(repeated):
            return 0
        suspects = int(np.isin(hashes, repeated).sum())
        if suspects > MOST_COMPARED:
            return _by_two_hashes(hashes, _hashes(connection, parquet, f"hash({_SALT}, {columns})"))
        return suspects - _distinct_by_value(connection, parquet, columns, repeated)


def _reader(parquet: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY_LIMIT})
    connection.execute("SET allowed_paths = [$path]", {"path": str(parquet)})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _columns(parquet: Path) -> str:
    names = pq.read_schema(parquet).names
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def _hashes(connection: duckdb.DuckDBPyConnection, parquet: Path, expression: str) -> npt.NDArray[np.uint64]:
    # The names come from the file's own schema and are quoted; the path is a parameter.
    query = f"SELECT {expression} AS h FROM read_parquet($path)"  # noqa: S608
    batches = connection.sql(query, params={"path": str(parquet)}).to_arrow_reader(1 << 20)
    blocks = [batch.column(0).to_numpy() for batch in batches]
    return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.uint64)


def _repeated(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    ordered = np.sort(hashes)
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def _by_two_hashes(first: npt.NDArray[np.uint64], second: npt.NDArray[np.uint64]) -> int:
    order = np.lexsort((second, first))
    same = (np.diff(first[order]) == 0) & (np.diff(second[order]) == 0)
    return int(same.sum())


def _distinct_by_value(
    connection: duckdb.DuckDBPyConnection,
    parquet: Path,
    columns: str,
    repeated: npt.NDArray[np.uint64],
) -> int:
    connection.register("repeated", pa.table({"h": repeated}))
    query = (
        f"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM read_parquet($path) "  # noqa: S608
        f"WHERE hash({columns}) IN (SELECT h FROM repeated))"
    )
    row = connection.execute(query, {"path": str(parquet)}).fetchone()
    return int(row[0]) if row else 0


def approximate_distinct(parquet: Path, column: str) -> int:
    """About how many distinct values the column has (HyperLogLog, error about 2 %)."""
    with _reader(parquet) as connection:
        name = '"' + column.replace('"', '""') + '"'
        query = f"SELECT approx_count_distinct({name}) FROM read_parquet($path)"  # noqa: S608
        row = connection.execute(query, {"path": str(parquet)}).fetchone()
    return int(row[0]) if row else 0
