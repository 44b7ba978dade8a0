"""What holds for every list, whatever it lists: its order, its file, its pages and what it costs."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.monitoring.models import Monitor
from apps.projects.models import Project
from apps.projects.roles import Role
from tests.factories import (
    DatasetFactory,
    DeploymentFactory,
    ExperimentFactory,
    ModelVersionFactory,
    PipelineRunFactory,
    ProjectFactory,
    ProposalFactory,
    RegisteredModelFactory,
    ReleaseFactory,
    TrainingRunFactory,
    member,
)
from tests.factories_monitoring import judged, opened
from tests.lists import exported, shown

pytestmark = [pytest.mark.django_db, pytest.mark.services]

QUERIES = 10
"""That a list may ask for, the frame of its page included."""


def _model(project: Project) -> None:
    ModelVersionFactory(model=RegisteredModelFactory(project=project), live=True)


def _endpoint(project: Project) -> None:
    DeploymentFactory(endpoint__model__project=project, live=True)


def _monitor(project: Project) -> Monitor:
    deployment = DeploymentFactory(endpoint__model__project=project, live=True)
    monitor = Monitor.objects.create(endpoint=deployment.endpoint, owner=deployment.deployed_by)
    judged(monitor)
    return monitor


def _job(project: Project) -> None:
    run = PipelineRunFactory(project=project)
    run.steps.create(name="read", position=0, queue="long", started_at=timezone.now())


LISTS: dict[str, Callable[[Project], object]] = {
    "/datasets/": lambda project: DatasetFactory(project=project),
    "/experiments/": lambda project: TrainingRunFactory(
        experiment=ExperimentFactory(dataset=DatasetFactory(project=project))
    ),
    "/models/": _model,
    "/endpoints/": _endpoint,
    "/releases/": lambda project: ReleaseFactory(version__model__project=project),
    "/monitoring/": _monitor,
    "/monitoring/incidents/": lambda project: opened(_monitor(project)),
    "/approvals/": lambda project: ProposalFactory(version__model=RegisteredModelFactory(project=project)),
    "/jobs/": _job,
}

each_list = pytest.mark.parametrize("address", LISTS)


@pytest.fixture
def project(db):
    return ProjectFactory()


@pytest.fixture
def reader(client, project):
    client.force_login(member(project, Role.ML_OPS_ENGINEER, Role.APPROVER))
    return client


@pytest.fixture
def fill(project):
    def make(address: str, rows: int) -> None:
        for _ in range(rows):
            LISTS[address](project)

    return make


@each_list
def test_whatever_a_list_offers_to_be_sorted_by_sorts_it(reader, fill, address):
    fill(address, 3)
    columns = [column.name for column in _table(reader, address).columns if column.orderable]
    everything = {one.pk for one in shown(reader, address)}

    assert len(columns) > 3
    for column in columns:
        for sort in (column, f"-{column}"):
            assert {one.pk for one in shown(reader, address, sort=sort)} == everything


@each_list
def test_the_file_of_a_list_has_all_its_rows_and_no_markup(reader, fill, address):
    fill(address, 27)

    rows = exported(reader, address)

    assert len(shown(reader, address)) == 25
    assert len(rows) == _table(reader, address).page.paginator.count >= 27
    assert not [cell for row in rows for cell in row.values() if "<" in cell or cell == "None"]


@each_list
@pytest.mark.parametrize("rows", [1, 20])
def test_a_list_asks_as_often_however_long_it_is(reader, fill, address, rows, django_assert_max_num_queries):
    fill(address, rows)

    with django_assert_max_num_queries(QUERIES):
        assert reader.get(address).status_code == 200


@each_list
def test_every_column_that_can_be_chosen_is_shown_and_in_the_file(reader, fill, address):
    fill(address, 1)
    table = _table(reader, address)

    chosen = {"list": table.key, "shown": sorted(table.can_hide()), "next": address}
    assert reader.post(reverse("choose_columns"), chosen).status_code == 302

    shown_now = _table(reader, address)
    assert shown_now.hidden == frozenset()
    in_file = {column.header for column in shown_now.columns if not column.column.exclude_from_export}
    assert set(exported(reader, address)[0]) == in_file


def _table(reader, address):
    return reader.get(address).context["table"]
