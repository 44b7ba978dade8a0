import pytest
from rest_framework.test import APIClient

from apps.projects.roles import Role
from tests.factories import ValidationFactory, member, registered, trained

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def as_program(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_lower_tier_is_asked_for_seen_and_confirmed_by_program(project, scientist):
    model = registered(project, by=scientist, tier="high").model_id
    asking, deciding = as_program(scientist), as_program(member(project, Role.APPROVER))
    url = f"/api/v1/models/{model}/"

    asked = asking.post(f"{url}tier/", {"tier": "low", "reason": "Errors are cheap here."}, format="json")

    assert (asked.json()["tier"], asked.json()["tier_requests"][0]["tier"]) == ("high", "low")
    answered = deciding.post(f"{url}answer-tier/", {"grant": True}, format="json")
    assert (answered.json()["tier"], answered.json()["tier_requests"]) == ("low", [])
    again = deciding.post(f"{url}answer-tier/", {"grant": True}, format="json")
    assert (again.status_code, again.json()["detail"]) == (409, "No change of this tier waits for an answer.")


def test_the_lineage_of_a_version_is_a_graph(project, scientist):
    version = registered(project, by=scientist)

    graph = as_program(scientist).get(f"/api/v1/model-versions/{version.pk}/lineage/").json()

    kinds = {node["key"]: node["kind"] for node in graph["nodes"]}
    steps = {(kinds[line["made_from"]], kinds[line["made"]]) for line in graph["lines"]}
    assert ("dataset version", "training run") in steps
    assert ("training run", "model version") in steps


def test_what_waits_for_a_person_is_found_and_discarded_by_program(project, scientist):
    api = as_program(scientist)
    waiting = ValidationFactory(training_run=trained(project, by=scientist), verdict="hold")

    (found,) = api.get(f"/api/v1/validations/?project={project.pk}&resolution=open").json()["results"]
    assert found["id"] == waiting.pk
    url = f"/api/v1/validations/{waiting.pk}/discard/"
    assert api.post(url, {"reason": ""}, format="json").status_code == 400
    reason = {"reason": "It forgets the east."}
    assert api.post(url, reason, format="json").json()["resolution"] == "discarded"
    assert api.post(url, reason, format="json").status_code == 409
