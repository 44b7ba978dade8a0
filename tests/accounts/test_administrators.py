"""Two administrators who remove each other at the same moment: one of them stays."""

import time
from functools import partial

import pytest
from django.db import connection

from apps.accounts import people
from apps.accounts.models import User
from tests.at_once import answers
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.postgresql,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]


@pytest.fixture
def remove_each_other(monkeypatch):
    """Both have seen that another administrator is left before either of them writes; unless one had to wait."""
    looks = people._keep_an_administrator

    def look_and_think(person):
        looks(person)
        time.sleep(0.3)

    monkeypatch.setattr(people, "_keep_an_administrator", look_and_think)
    first, second = UserFactory(administrator=True), UserFactory(administrator=True)

    def at_once(of_first, of_second):
        calls = [partial(of_first, second, by=first), partial(of_second, first, by=second)]
        answers(calls, processes=2, threads=1)
        return User.objects.filter(is_active=True, global_role=User.GlobalRole.ADMINISTRATOR).count()

    return at_once


def demote(person, *, by):
    people.change_role(person, "", by=by)


@pytest.mark.parametrize("of_first", [people.deactivate, demote])
@pytest.mark.parametrize("of_second", [people.deactivate, demote])
def test_one_administrator_stays(remove_each_other, of_first, of_second):
    assert remove_each_other(of_first, of_second) == 1


def test_without_the_lock_none_would_be_left(remove_each_other, monkeypatch):
    """The control."""
    everybody = User.objects.values_list("pk", flat=True)
    monkeypatch.setattr(people, "_lock_administrators", lambda: list(everybody.all()))

    assert remove_each_other(people.deactivate, people.deactivate) == 0
