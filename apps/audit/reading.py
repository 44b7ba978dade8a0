"""Which events somebody may read."""

import uuid
from typing import Protocol

from apps.audit.models import Event, EventQuerySet
from apps.core import declared


class Reader(Protocol):
    """What this app, which lies below the people, needs to know of one."""

    pk: int
    email: str

    @property
    def is_administrator(self) -> bool: ...

    @property
    def is_auditor(self) -> bool: ...


def reads_everything(reader: Reader) -> bool:
    return reader.is_administrator or reader.is_auditor


def projects_of(reader: Reader) -> dict[int, str]:
    """The projects that the person may see, by id. Whoever has projects declares how to tell."""
    found: dict[int, str] = declared.one("scopes", "audit.events")(reader)
    return found


def visible_to(reader: Reader) -> EventQuerySet:
    """All events for administrators and auditors; those of their projects for everybody else."""
    if reads_everything(reader):
        return Event.objects.all()
    return Event.objects.filter(project_id__in=list(projects_of(reader)))


def of_chain(chain: uuid.UUID, reader: Reader) -> EventQuerySet:
    return visible_to(reader).filter(chain=chain).order_by("pk")
