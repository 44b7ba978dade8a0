import pytest

from apps.projects.roles import Role
from tests.factories import ProjectFactory, member


@pytest.fixture
def project(db):
    return ProjectFactory()


@pytest.fixture
def scientist(project):
    return member(project, Role.DATA_SCIENTIST, name="Ada Scientist")
