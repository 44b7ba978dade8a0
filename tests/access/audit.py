from typing import Any

from django.db import transaction

from apps.audit import events
from apps.audit.models import Event, Verification
from apps.core.actors import System
from apps.projects.models import Project
from tests.access import (
    ADMINISTRATOR,
    AUDITOR,
    ROLES,
    STRANGER,
    Row,
    action,
    api_action,
    api_page,
    nothing,
    page,
)


def recorded(project: Project) -> Event:
    with transaction.atomic():
        return events.record("toy.told", project, by=System("test"), detail={"reason": "because"})


def event(project: Project) -> dict[str, Any]:
    return {"pk": recorded(project).pk}


def chain(project: Project) -> dict[str, Any]:
    return {"chain": recorded(project).chain}


def verification(project: Project) -> dict[str, Any]:
    return {"pk": Verification.objects.create(requested_by="portal:test").pk}


NOT_GLOBAL = dict.fromkeys((STRANGER, *ROLES), 403)

ROWS: dict[str, Row] = {
    "audit:event_list": page(),
    "audit:event": page(event),
    "audit:chain": page(chain),
    "audit:erase": action(event, ADMINISTRATOR),
    "audit:verify": action(nothing, ADMINISTRATOR, AUDITOR),
    "audit:export_json": page(),
    "audit:export_csv": page(),
    "audit:public_key": page(),
    "api:public-key": api_page(),
    "api:event-list": api_page(),
    "api:event-export": api_page(),
    "api:event-detail": api_page(event),
    "api:event-erase": api_action(event, ADMINISTRATOR),
    "api:verification-list": api_page(**NOT_GLOBAL).and_posts(ADMINISTRATOR, AUDITOR),
    "api:verification-detail": api_page(verification, **NOT_GLOBAL),
}
