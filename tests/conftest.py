import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests import emptying, installed
from tests.factories import ProjectFactory, UserFactory

ROOT = Path(__file__).resolve().parent.parent
LONGEST = (
    "test_access_matrix.py",
    "test_client.py",
    "test_live.py",
    "test_web_process.py",
    "test_loop_api.py",
    "test_loop_browser.py",
    "test_screenshots.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest first, so that no worker is left alone with one at the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))


def pytest_unconfigure() -> None:
    """The folder that the settings of the tests made goes with the run."""
    if settings.VAR_DIR.name.startswith("mlops-portal-test-"):
        shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with public data that some tests read; they are skipped where it is missing."""
    folder = Path(os.environ.get("MLOPS_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("The public test data is not beside this checkout.")
    return folder


@pytest.fixture(scope="session", autouse=True)
def quick_emptying():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.management.commands.flush.sql_flush", emptying.sql_flush)
        patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """What threads and killed processes left of their sessions would keep the database from being dropped."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def project(db):
    return ProjectFactory()


@pytest.fixture
def administrator(db):
    return UserFactory(administrator=True)


@pytest.fixture
def as_installed(transactional_db):
    """The database as an installation has it, with its triggers: a copy that goes after the test."""
    with installed.copy():
        yield
