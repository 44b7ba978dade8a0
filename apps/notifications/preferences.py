"""What a person wants by e-mail. In the portal everybody finds everything that they were told."""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse

from apps.accounts.models import User
from apps.audit import events
from apps.core.saying import later as _
from apps.notifications import sending, topics
from apps.notifications.models import MutedTopic, Notice


def unwanted(person: User) -> set[str]:
    """The names of topics (topics.choices) that the person does not want by e-mail."""
    return set(MutedTopic.objects.filter(person=person).values_list("topic", flat=True))


@transaction.atomic
def choose(person: User, *, wanted: Iterable[str]) -> None:
    """From now on these come by e-mail too; the others are in the portal alone."""
    names = {name for name, _words in topics.choices()}
    before, after = unwanted(person), names - set(wanted)
    if before == after:
        return
    MutedTopic.objects.filter(person=person).exclude(topic__in=after).delete()
    MutedTopic.objects.bulk_create(
        [MutedTopic(person=person, topic=name) for name in after - before], ignore_conflicts=True
    )
    events.record(
        "notifications.preferences_chosen", person, by=person, before=sorted(before), after=sorted(after)
    )


@transaction.atomic
def send_test(person: User) -> list[Notice]:
    """A message to oneself, on the way of every other; how it went is seen beside it."""
    event = events.record("notifications.test_asked", person, by=person)
    return sending.notify(
        event,
        [person],
        kind="notifications.test",
        subject=_("A test message from the portal"),
        body=_("If you read this in your mail, e-mails of the portal reach you."),
        path=reverse("notifications:preferences"),
    )


def last_messages(person: User) -> list[Notice]:
    """What was sent to the person last, or is about to be, with how it went."""
    return list(Notice.objects.filter(recipient=person).exclude(mail=Notice.Mail.UNWANTED)[:10])
