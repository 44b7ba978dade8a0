import pytest

from apps.core import ranking
from apps.registry.models import RegisteredModel
from tests.factories import RegisteredModelFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_words_are_sorted_by_their_place_and_strange_ones_stand_last_either_way():
    for tier in ("high", "strange", "low"):
        RegisteredModelFactory(tier=tier)

    def tiers(*, is_descending):
        place = ranking.place("tier", ["low", "high"])
        found, is_sorted = ranking.ordered(RegisteredModel.objects.all(), place, is_descending=is_descending)
        assert is_sorted
        return [model.tier for model in found]

    assert tiers(is_descending=False) == ["low", "high", "strange"]
    assert tiers(is_descending=True) == ["high", "low", "strange"]


@pytest.mark.parametrize("order", ["name", "-name", "pk", "project__name", "owner__email"])
def test_what_always_has_a_value_keeps_an_order_that_an_index_may_hold(order):
    assert ranking.no_value_last(RegisteredModel.objects.all(), order) == order


@pytest.mark.parametrize("order", ["owner__last_login", "versions__number", "owner__hidden_columns__jobs"])
def test_what_may_have_no_value_is_told_to_stand_last(order):
    for sign in ("", "-"):
        told = ranking.no_value_last(RegisteredModel.objects.all(), f"{sign}{order}")
        assert told.nulls_last


def test_who_never_signed_in_stands_last_either_way(client):
    reader, never = UserFactory(administrator=True), UserFactory()
    client.force_login(reader)  # which is a sign-in

    for sort in ("last_login", "-last_login"):
        table = client.get("/people/", {"sort": sort}).context["table"]
        assert table.records[-1] == never
