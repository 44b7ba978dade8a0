from collections.abc import Callable
from pathlib import Path

import pytest

from apps.datasets.reading import Limits, ReadResult, read_csv
from tests.fixtures.real_data import real_data

__all__ = ["real_data"]

Read = Callable[..., ReadResult]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "data.parquet"


@pytest.fixture
def read(tmp_path: Path, out: Path) -> Read:
    """Reads bytes, text or a path, into ``out``."""

    def reading(source: bytes | str | Path, **limits: int) -> ReadResult:
        if not isinstance(source, Path):
            content = source.encode() if isinstance(source, str) else source
            source = tmp_path / "source.csv"
            source.write_bytes(content)
        return read_csv(source, out, limits=Limits(**limits), report=lambda *_: None)

    return reading
