"""The whole loop by programs alone: from a file to a second model that waits for its approval."""

import pytest

from tests.e2e import stations
from tests.e2e.cases import CASES
from tests.e2e.stations import Loop
from tests.e2e.traffic import Clients

pytestmark = [pytest.mark.timeout(600)]


@pytest.fixture(params=CASES)
def loop(request, team, administrator) -> Loop:
    """For each set of data that is there."""
    folder = request.getfixturevalue("real_data") if request.param != "generator" else None
    return stations.begin(CASES[request.param](folder), team, administrator)


def test_data_become_a_model_that_answers_is_watched_and_is_trained_anew(loop, stack):
    version = stations.publish_data(loop)
    run = stations.train_by_publishing(loop, version)
    model_version = stations.register(loop, run)
    proposal = stations.wait_for_proposal(loop, model_version)
    stations.approve(loop, proposal)
    endpoint = stations.wait_until_live(loop, model_version)
    clients = Clients(loop.case, endpoint["address"])
    try:
        monitor = stations.wait_for_monitor(loop, endpoint)
        asked = stations.ask(loop, clients)
        stations.press_the_button(loop, run)
        incident = stations.drift(loop, clients, monitor)
    finally:
        clients.close()
    retrained = stations.retrain(loop, incident)
    second = stations.register(loop, retrained)
    assert second["number"] > model_version["number"]
    opened = stations.wait_for_proposal(loop, second)
    assert loop.approver.get(f"/approvals/{opened['id']}/")["status"] == "open"
    stations.trace(loop, asked, version, run, model_version, proposal)
    stations.check_the_log(loop, version)
    assert stack.faults() == []
