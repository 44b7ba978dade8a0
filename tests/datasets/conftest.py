from collections.abc import Callable
from pathlib import Path

import pytest

from apps.datasets import uploads
from apps.datasets.models import Dataset, Upload
from apps.datasets.reading import Limits, ReadResult, read_csv
from apps.projects.roles import Role
from tests.factories import DatasetFactory, member
from tests.fixtures.real_data import real_data
from tests.pipelines.conftest import messages, work

__all__ = ["messages", "real_data", "work"]

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


ROWS = b"age,income,default\n" + b"".join(
    f"{20 + n % 40},{1000 + 13 * n % 700},{'yes' if n % 4 == 0 else 'no'}\n".encode() for n in range(80)
)


@pytest.fixture
def rows() -> bytes:
    """A small CSV file of three columns and 80 rows."""
    return ROWS


@pytest.fixture
def dataset(project) -> Dataset:
    return DatasetFactory(project=project, name="loans")


@pytest.fixture
def engineer(project):
    return member(project, Role.DATA_ENGINEER)


@pytest.fixture
def hand_in(tmp_path: Path, dataset: Dataset, engineer) -> Callable[..., Upload]:
    """Hands bytes in, as a page would."""

    def handing_in(content: bytes, *, publish: bool = False, by=None, to: Dataset = dataset) -> Upload:
        file = tmp_path / "handed-in.csv"
        file.write_bytes(content)
        return uploads.receive(
            to, file=file, filename="rows.csv", publish_when_read=publish, by=by or engineer
        )

    return handing_in
