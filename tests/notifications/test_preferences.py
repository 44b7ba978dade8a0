import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from apps.audit.models import Event
from apps.core import declared
from apps.notifications import preferences, sending, topics
from apps.notifications.models import Notice
from tests.factories import UserFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db]
APPS = Path(settings.BASE_DIR) / "apps"


@pytest.fixture
def person(client):
    user = UserFactory()
    client.force_login(user)
    return user


def tell(event, *people, kind="monitoring.incident"):
    return sending.notify(event, people, kind=kind, subject="s", body="b", path="/")


def test_what_is_not_wanted_by_email_is_in_the_portal_alone(person, mailoutbox):
    other = UserFactory()
    preferences.choose(person, wanted={"approvals.proposal_opened"})
    event = Event.objects.get(name="notifications.preferences_chosen")

    tell(event, person, other)
    sending.send_pending()

    assert [message.to for message in mailoutbox] == [[other.email]]
    assert Notice.objects.get(recipient=person).mail == Notice.Mail.UNWANTED


def test_kinds_with_the_same_words_are_chosen_together(person, mailoutbox):
    everything = {name for name, _words in topics.choices()}
    preferences.choose(person, wanted=everything - {"approvals.proposal_approved"})
    event = Event.objects.get(name="notifications.preferences_chosen")

    tell(event, person, kind="approvals.proposal_rejected")
    tell(event, person, kind="experiments.training_asked.7")
    sending.send_pending()

    assert [notice.kind for notice in Notice.objects.filter(mail="sent")] == ["experiments.training_asked.7"]


def test_the_page_keeps_the_choice_and_records_it_once(client, person):
    url = reverse("notifications:preferences")
    for _ in range(2):
        assert client.post(url, {"mail": ["monitoring.incident", "nonsense"]}).status_code == 302

    assert client.get(url).content.decode().count(" checked") == 1
    assert "monitoring.incident" not in preferences.unwanted(person)
    assert len(preferences.unwanted(person)) == len(topics.choices()) - 1
    assert Event.objects.filter(name="notifications.preferences_chosen").count() == 1


def test_a_test_message_goes_the_way_of_every_other(client, person, mailoutbox):
    assert client.post(reverse("notifications:send_test")).status_code == 302
    assert "on its way" in client.get(reverse("notifications:preferences")).content.decode()

    sending.send_pending()

    assert mailoutbox[0].to == [person.email]
    assert ">sent<" in re.sub(r"\s+", "", client.get(reverse("notifications:preferences")).content.decode())


def test_every_kind_of_notice_is_a_topic():
    told = {kind for path in APPS.rglob("*.py") for kind in _kinds(path)}
    known = {kind for _words, kinds in topics.TOPICS for kind in kinds}

    assert len(told) > 10
    assert told - {"notifications.test"} == known


def _kinds(path: Path) -> set[str]:
    """Of each call that tells people: the word that stands there, or the events that lead there."""
    source = path.read_text()
    if "notify(" not in source:
        return set()
    kinds = {kind.split(".{")[0] for kind in re.findall(r'kind=f?"(\w+\.[^"]+)"', source)}
    if "kind=event.name" in source:
        literal = _functions_with_a_word(source)
        kinds |= {
            event
            for event, dotted in declared.items("subscriptions")
            if dotted.startswith(f"apps.{path.parent.name}.notices.") and dotted.split(".")[-1] not in literal
        }
    return kinds


def _functions_with_a_word(source: str) -> set[str]:
    functions = re.split(r"^def ", source, flags=re.MULTILINE)[1:]
    return {body.split("(")[0] for body in functions if re.search(r'kind="', body)}
