import pytest
from django.db import transaction

from apps.audit import checkpoints, events
from apps.core.actors import System
from tests.factories import UserFactory


@pytest.fixture
def var_dir(settings, tmp_path):
    """Keys and checkpoints of this test's own."""
    settings.VAR_DIR, settings.KEYS_DIR = tmp_path, tmp_path / "keys"
    return tmp_path


@pytest.fixture
def happen(project):
    """Record events about the project."""

    def record(count=1, name="toy.thing_happened", by=None, **fields):
        with transaction.atomic():
            return [
                events.record(name, project, by=by or System("test"), number=number, **fields)
                for number in range(count)
            ]

    return record


@pytest.fixture
def person():
    return UserFactory()


@pytest.fixture
def file_outside(var_dir):
    return checkpoints.file_outside()
