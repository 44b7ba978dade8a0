"""What people say of themselves, and how they like their lists."""

from collections.abc import Iterable

from django.db import transaction

from apps.accounts.models import User
from apps.audit import events


@transaction.atomic
def change(
    person: User, *, name: str | None = None, language: str | None = None, time_zone: str | None = None
) -> User:
    """Set what is given. A name is what others see beside decisions, so its change is recorded."""
    person = User.objects.select_for_update().get(pk=person.pk)
    before = person.name
    for field, value in {"name": name, "language": language, "time_zone": time_zone}.items():
        if value is not None:
            setattr(person, field, value)
    person.save(update_fields=["name", "language", "time_zone"])
    if person.name != before:
        events.record(
            "accounts.name_changed", person, by=person, detail={"before": before, "after": person.name}
        )
    return person


@transaction.atomic
def choose_columns(person: User, key: str, *, hidden: Iterable[str]) -> User:
    """Which columns of a list the person does not want to see. Concerns nobody else: no event."""
    person = User.objects.select_for_update().get(pk=person.pk)
    person.hidden_columns[key] = sorted(hidden)
    person.save(update_fields=["hidden_columns"])
    return person
