from datetime import timedelta

import pytest
from django.apps import apps
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from apps.audit import sealing
from apps.audit.models import Event
from apps.core import declared
from apps.core.inbox import InboxItem
from apps.core.portfolio import Lights, PortfolioRow
from apps.core.search import SearchHit
from apps.home import health, navigation, views
from apps.projects import lifecycle
from tests.factories import UserFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db]
NOW = timezone.now()


def two_items(user):
    return [
        InboxItem("Decide on default-7", "/approvals/7/", NOW, "proposal", "Credit"),
        InboxItem("Look at drift of churn", "/monitoring/3/", NOW - timedelta(days=2), "incident"),
    ]


def a_model(user):
    return [
        PortfolioRow(
            5, "default-risk", "/models/5/", "Credit", "high", "version 3", "healthy", user, traffic=[1, 2]
        )
    ]


def a_model_that_is_fine_and_one_that_is_not(user):
    fine = PortfolioRow(6, "churn", "/models/6/", "Sales", "low", "version 1", "healthy", user)
    return [fine, *a_model(user)]


def its_lights(user, model_ids):
    return {5: Lights(drift="drifted", url="/monitoring/5/")} if 5 in model_ids else {}


def a_hit(user, text):
    return [SearchHit(f"found {text}", "dataset", "/datasets/1/", "database")]


@pytest.fixture
def declaring(monkeypatch):
    """What another app would declare."""

    def declare(**attributes):
        for name, value in attributes.items():
            monkeypatch.setattr(apps.get_app_config("home"), name, value, raising=False)
        declared._all.cache_clear()

    yield declare
    monkeypatch.undo()
    declared._all.cache_clear()


@pytest.fixture
def person(client):
    user = UserFactory()
    client.force_login(user)
    return user


def page(client, name, **query):
    return client.get(reverse(name), query).content.decode()


def test_what_waits_for_me_is_there_longest_wait_first(client, person, declaring):
    declaring(waiting={"home.inbox": f"{__name__}.two_items"})

    home = page(client, "home:dashboard")

    assert home.index("Look at drift of churn") < home.index("Decide on default-7")
    assert "2 matters wait for me" in page(client, "home:counts")


def test_the_portfolio_shows_each_live_model_with_its_lights(client, person, declaring):
    declaring(
        portfolio={"home.portfolio": f"{__name__}.a_model"}, lights={"home.lights": f"{__name__}.its_lights"}
    )

    home = page(client, "home:dashboard")

    assert "default-risk" in home
    assert "Drifted" in home
    assert "not measured" in home


def test_what_is_wrong_comes_first_and_the_list_can_be_taken_away(client, person, declaring):
    declaring(
        portfolio={"home.portfolio": f"{__name__}.a_model_that_is_fine_and_one_that_is_not"},
        lights={"home.lights": f"{__name__}.its_lights"},
    )

    home = page(client, "home:dashboard")
    rows = b"".join(client.get("/", {"format": "csv"}).streaming_content).decode().splitlines()

    assert home.index("default-risk") < home.index("churn")
    assert rows[1] == f"default-risk,Credit,high,version 3,healthy,drifted,,,3,{person}"


def test_a_new_installation_teaches_the_three_steps(client, person):
    assert "Three steps" in page(client, "home:dashboard")
    assert "No model serves yet" in page(client, "home:dashboard")


def test_the_palette_finds_pages_and_what_apps_declare(client, person, declaring):
    declaring(search={"home.search": f"{__name__}.a_hit"})

    part = client.get("/search/", {"q": "proj"}, headers={"HX-Target": "palette-results"}).content.decode()

    assert "found proj" in part
    assert "/projects/" in part
    assert "<html" not in part
    assert "<html" in page(client, "home:search", q="proj")


def test_a_search_for_markup_is_shown_as_text(client, person):
    assert "<script>alert" not in page(client, "home:search", q="<script>alert(1)</script>")


def test_every_place_leads_somewhere(client, person):
    for place in navigation.places():
        assert client.get(place.url).status_code == 200


def test_health_is_public_and_tells_nothing(client, db):
    answer = client.get("/health/")

    assert answer.json() == {"status": "ok"}


def test_a_database_that_is_away_is_503_not_500(client, person, monkeypatch):
    def away():
        raise OperationalError("could not connect to secret-host")

    monkeypatch.setattr(views.connection, "cursor", away)
    client.raise_request_exception = False

    answer = client.get("/health/")

    assert answer.status_code == 503
    assert "secret-host" not in answer.content.decode()


def test_an_unsealed_event_shows_that_the_relay_stands_still(administrator):
    assert health._relay()[0] == "healthy"

    lifecycle.create(name="x", purpose="", by=administrator)
    Event.objects.update(at=timezone.now() - timedelta(minutes=2))
    assert health._relay()[0] == "unreachable"

    sealing.seal_pending()
    assert health._relay()[0] == "healthy"


def test_storage_that_cannot_be_written_is_said(settings, tmp_path):
    settings.STORAGE_URL = f"file://{tmp_path}/new"
    assert health._storage()[0] == "healthy"

    (tmp_path / "file").write_text("")
    settings.STORAGE_URL = f"file://{tmp_path}/file/below"
    assert health._storage()[0] == "unreachable"


def test_tracking_that_does_not_answer_is_said(settings, tmp_path):
    settings.MLFLOW_URL, settings.MLFLOW_SOCKET = "", str(tmp_path / "no.sock")

    assert health._tracking()[0] == "unreachable"


@pytest.mark.parametrize("address", ["/nothing/", "/projects/987654/", "/api/v1/projects/987654/"])
def test_what_is_not_there_is_404(client, person, address):
    assert client.get(address).status_code == 404


def test_the_schema_describes_every_call_without_a_warning(client, person, capsys):
    answer = client.get("/api/v1/schema/")

    assert answer.status_code == 200
    assert b"/api/v1/projects/{id}/arrows/" in answer.content


def test_programs_read_what_waits_what_is_found_and_how_the_parts_are(client, person, declaring, monkeypatch):
    declaring(waiting={"home.inbox": f"{__name__}.two_items"}, search={"home.search": f"{__name__}.a_hit"})
    monkeypatch.setattr(health, "check_all", lambda: [health.Part("Disk", "healthy", "All is free.")])

    waiting = client.get("/api/v1/inbox/").json()
    assert [item["title"] for item in waiting] == ["Look at drift of churn", "Decide on default-7"]
    hits = client.get("/api/v1/search/", {"q": "proj"}).json()
    assert [hit["page"] for hit in hits] == [a_hit(person, "proj")[0].url]
    assert client.get("/api/v1/search/").json()["detail"] == "q: This field is required."
    assert client.get("/api/v1/status/").json() == [
        {"name": "Disk", "state": "healthy", "sentence": "All is free."}
    ]
