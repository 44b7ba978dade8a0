"""The pages and the API of releases and endpoints, without a scoring server behind them."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.deployments import asking, places
from apps.deployments.models import ApiKey, Endpoint
from apps.projects.roles import Role
from tests.factories import DeploymentFactory, ProjectFactory, ReleaseFactory, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db):
    return ProjectFactory()


@pytest.fixture
def engineer(project, client):
    user = member(project, Role.ML_OPS_ENGINEER)
    client.force_login(user)
    return user


@pytest.fixture
def served(project):
    return DeploymentFactory(endpoint__model__project=project, live=True)


def test_empty_lists_say_how_to_begin(client, engineer):
    assert "Nothing has been released yet" in client.get(reverse("deployments:release_list")).content.decode()
    assert "No model answers clients yet" in client.get(reverse("deployments:endpoint_list")).content.decode()


def test_the_page_of_an_endpoint_says_what_serves_and_how_to_call_it(client, engineer, served):
    page = client.get(reverse("deployments:endpoint_detail", args=[served.endpoint_id])).content.decode()
    assert f"{served.version} answers here" in page
    assert f"{served.endpoint.address}/invocations" in page


def test_a_key_is_shown_once_and_kept_as_a_hash(client, engineer, served):
    url = reverse("deployments:create_key", args=[served.endpoint_id])
    page = client.post(url, {"label": "shop", "days": 30}).content.decode()
    key = ApiKey.objects.get()
    assert page.count(key.prefix) >= 2
    text = page.split('<p class="mono mb-0">')[1].split()[0]
    assert text.startswith(key.prefix)
    assert key.key_hash not in page
    detail = client.get(reverse("deployments:endpoint_detail", args=[served.endpoint_id])).content.decode()
    assert text not in detail


def test_stopping_twice_is_told_and_stops_once(client, engineer, served):
    url = reverse("deployments:stop", args=[served.endpoint_id])
    assert client.post(url, {"reason": "It answers nonsense."}).status_code == 302
    assert client.post(url, {"reason": "It answers nonsense."}).status_code == 409
    assert Endpoint.objects.get().wanted == "stopped"


def test_who_decided_stops_what_answers_from_the_page_of_the_decision(client, project, approver, served):
    url = reverse("approvals:proposal_review", args=[served.proposal_id])

    client.force_login(approver)
    assert "Emergency stop" in client.get(url).content.decode()

    client.force_login(member(project, Role.VIEWER))
    page = client.get(url).content.decode()
    assert "Where it answers" in page
    assert "Emergency stop" not in page


def test_a_reader_sees_why_not(client, project, served):
    client.force_login(member(project, Role.VIEWER))
    page = client.get(reverse("deployments:endpoint_detail", args=[served.endpoint_id])).content.decode()
    assert "ML ops engineer" in page
    assert "disabled" in page


def test_programs_ask_what_served_at_a_time(client, engineer, served):
    url = reverse("api:endpoint-history", args=[served.endpoint_id])
    assert client.get(url).json()["id"] == served.pk
    before = (served.live_from - timedelta(hours=1)).isoformat()
    assert client.get(url, {"at": before}).status_code == 404
    assert client.get(url, {"at": "yesterday"}).status_code == 400


def test_programs_stop_start_and_make_keys(client, engineer, served):
    def post(name, **data):
        return client.post(
            reverse(f"api:endpoint-{name}", args=[served.endpoint_id]), data, content_type="application/json"
        )

    assert post("stop").status_code == 400
    assert post("stop", reason="It answers nonsense.").json()["wanted"] == "stopped"
    assert post("restart").status_code == 409
    assert post("start").json()["wanted"] == "running"
    made = post("keys", label="shop", days=1).json()
    assert made["key"].startswith("mle_")
    assert "key_hash" not in made


def test_a_release_page_shows_its_steps(client, engineer, project):
    release = ReleaseFactory(version__model__project=project)
    page = client.get(reverse("deployments:release_detail", args=[release.pk]))
    assert page.status_code == 200
    assert "Not packaged yet" in page.content.decode()


def test_an_endpoint_whose_keeper_is_silent_says_so(client, engineer, served):
    long_ago = timezone.now() - timedelta(hours=1)
    Endpoint.objects.update(report={"state": "running"}, reported_at=long_ago)
    page = client.get(reverse("deployments:endpoint_detail", args=[served.endpoint_id])).content.decode()
    assert "The keeper does not report" in page


def test_programs_try_a_row_and_read_the_servers_log(
    client, engineer, served, monkeypatch, settings, tmp_path
):
    settings.RUN_DIR = tmp_path
    answer = b'{"predictions": ["yes"]}'
    monkeypatch.setattr(asking, "_post", lambda _endpoint, body: (200, answer))
    places.log(served.endpoint.name).parent.mkdir(parents=True)
    places.log(served.endpoint.name).write_text("loaded version 1\n")
    url = f"/api/v1/endpoints/{served.endpoint_id}/"

    tried = client.post(f"{url}try-out/", {"records": [{"income": 1}]}, content_type="application/json")

    assert tried.json()["answer"] == {"predictions": ["yes"]}
    assert client.get(f"{url}log/").json() == {"log": "loaded version 1\n"}


def test_what_a_server_that_is_not_ready_says_reaches_who_asked(client, engineer, served, monkeypatch):
    sentence = "No approved version is live at this endpoint."
    monkeypatch.setattr(asking, "_post", lambda *_: (503, json.dumps({"detail": sentence}).encode()))

    tried = client.post(
        f"/api/v1/endpoints/{served.endpoint_id}/try-out/",
        {"records": [{}]},
        content_type="application/json",
    )

    assert (tried.status_code, tried.json()["detail"]) == (503, sentence)


def test_lists_are_narrowed_by_program_as_on_the_page(client, engineer, served, project):
    ReleaseFactory(version__model__project=project)

    def count(query):
        return client.get(f"/api/v1/{query}").json()["count"]

    assert count(f"releases/?version={served.version_id}") == 1
    assert count(f"releases/?project={project.pk}&state=pending") == 2
    assert count("releases/?state=failed") == 0
    assert count(f"deployments/?endpoint={served.endpoint_id}&state=live") == 1
