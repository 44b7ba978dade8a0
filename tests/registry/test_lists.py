import pytest

from apps.registry.models import RegisteredModel
from tests.factories import ModelVersionFactory, RegisteredModelFactory
from tests.lists import exported, shown

pytestmark = [pytest.mark.django_db, pytest.mark.services]
ADDRESS = "/models/"


@pytest.fixture
def reader(client, scientist):
    client.force_login(scientist)
    return client


@pytest.fixture
def models(project, scientist):
    made = {
        tier: RegisteredModelFactory(project=project, name=f"model-{tier}", tier=tier, owner=scientist)
        for tier in ("high", "low", "autonomous", "medium")
    }
    ModelVersionFactory(model=made["low"], number=3, live=True)
    ModelVersionFactory(model=made["low"], number=4)
    ModelVersionFactory(model=made["high"], number=7, live=True)
    return made


def test_models_are_sorted_by_what_their_tier_means(reader, models):
    assert [one.tier for one in shown(reader, ADDRESS, sort="tier")] == [
        "autonomous", "low", "medium", "high",
    ]  # fmt: skip
    assert shown(reader, ADDRESS, sort="-tier")[0].tier == "high"


@pytest.mark.parametrize(("sort", "first"), [("serving", "low"), ("-serving", "high"), ("-newest", "high")])
def test_models_without_such_a_version_stand_last(reader, models, sort, first):
    assert shown(reader, ADDRESS, sort=sort)[0].tier == first


def test_the_file_of_models_says_what_serves(reader, models, scientist):
    RegisteredModel.objects.update(purpose="Who pays back?")
    row = next(row for row in exported(reader, ADDRESS) if row["Model"] == "model-low")

    assert row["In production"] == "v3"
    assert row["Its approval"] == "approved"
    assert row["Newest version"] == "v4"
    assert (row["Purpose"], row["Risk tier"], row["Owner"]) == ("Who pays back?", "low", str(scientist))


def test_filters_hold_for_the_file_too(reader, models):
    assert [row["Model"] for row in exported(reader, ADDRESS, q="medium")] == ["model-medium"]
    assert "No model matches" in reader.get(ADDRESS, {"q": "nothing like it"}).content.decode()


def test_a_model_leads_to_what_serves_and_shows_its_approval(reader, models):
    page = reader.get(ADDRESS).content.decode()

    serving = models["low"].versions.get(number=3)
    assert f'href="/models/versions/{serving.pk}/">v3</a>' in page
    assert "Approved" in page
