"""Events as entries of a list: who, what in words, when, and where its object has a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.translation import gettext as _

from apps.audit import sentences
from apps.audit.models import Event
from apps.core import pages


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, in the words of ui/_activity.html. `by` is None for the portal itself."""

    event: Event
    by: AbstractBaseUser | None
    through: str
    text: str
    at: datetime
    url: str | None
    icon: str

    @property
    def event_pk(self) -> int:
        return int(self.event.pk)


def about(*subjects: models.Model, limit: int = 20) -> list[Entry]:
    """What happened to these objects last, newest first, in two queries. For ui/_activity.html."""
    return entries(Event.objects.about(*subjects).order_by("-pk")[:limit])


def of_project(project: models.Model, limit: int = 20) -> list[Entry]:
    """What happened in a project last, newest first."""
    return entries(Event.objects.filter(project_id=project.pk).order_by("-pk")[:limit])


def entries(events: Iterable[Event]) -> list[Entry]:
    """The events with their actors' names, in one query more than theirs."""
    found = list(events)
    people = get_user_model()._default_manager.in_bulk(
        {event.actor_id for event in found if event.actor_id is not None}
    )
    return [_entry(event, people.get(event.actor_id) if event.actor_id else None) for event in found]


def _entry(event: Event, person: AbstractBaseUser | None) -> Entry:
    return Entry(
        event=event,
        by=person,
        through=through(event.actor),
        text=sentences.sentence(event.name, event.object_label),
        at=event.at,
        url=pages.url_of(event.object_type, event.object_id),
        icon=sentences.icon(event.name),
    )


def through(actor: str) -> str:
    """By what a person or nobody acted: a rule, or a part of the portal."""
    kind, _colon, rest = actor.partition(":")
    if kind == "rule":
        rule = rest.rpartition(" for user:")[0]
        return _("by the rule “%(rule)s”") % {"rule": sentences.RULES.get(rule, rule)}
    return _("(%(part)s)") % {"part": sentences.PARTS.get(rest, rest)} if kind == "portal" else ""
