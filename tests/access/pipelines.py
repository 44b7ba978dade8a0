from typing import Any

from django.db import transaction

from apps.audit import events
from apps.audit.models import Delivery
from apps.core.actors import System
from apps.projects.models import Project
from apps.projects.roles import Role
from tests.access import ADMINISTRATOR, AUDITOR, ROLES, STRANGER, Row, action, api_action, api_page, page
from tests.factories import PipelineRunFactory


def run(project: Project) -> dict[str, Any]:
    return {"pk": PipelineRunFactory(project=project).pk}


def failed_delivery(project: Project) -> dict[str, Any]:
    with transaction.atomic():
        event = events.record("toy.told", project, by=System("test"))
        return {"pk": Delivery.objects.create(event=event, subscriber="x.y", state="failed").pk}


ROWS: dict[str, Row] = {
    "pipelines:run_list": page(),
    "pipelines:engine": page(**dict.fromkeys((STRANGER, *ROLES), 403)),
    "pipelines:run": page(run),
    "pipelines:run_status": page(run),
    "pipelines:run_log": page(run),
    # Nobody in the table started the run; it is a training, whose kind names the right to train.
    "pipelines:cancel": action(run, ADMINISTRATOR, Role.DATA_SCIENTIST),
    "pipelines:retry": action(run, ADMINISTRATOR, Role.DATA_SCIENTIST),
    # Deliveries belong to the engine: who does not keep it running does not find them.
    "pipelines:deliver_again": action(
        failed_delivery, ADMINISTRATOR, **dict.fromkeys((STRANGER, *ROLES, AUDITOR), 404)
    ),
    "api:engine": api_page(**dict.fromkeys((STRANGER, *ROLES), 403)),
    "api:delivery-list": api_page(),
    "api:delivery-detail": api_page(failed_delivery, **dict.fromkeys((STRANGER, *ROLES), 404)),
    "api:delivery-again": api_action(
        failed_delivery, ADMINISTRATOR, **dict.fromkeys((STRANGER, *ROLES), 404)
    ),
    "api:job-list": api_page(),
    "api:job-detail": api_page(run),
    "api:job-log": api_page(run),
    "api:job-cancel": api_action(run, ADMINISTRATOR, Role.DATA_SCIENTIST),
    "api:job-retry": api_action(run, ADMINISTRATOR, Role.DATA_SCIENTIST),
}
