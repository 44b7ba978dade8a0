"""Who gets what of the jobs' pages; `make` prepares the object that the row's path names."""

from typing import Any

from apps.audit import events
from apps.audit.models import Delivery
from apps.core.actors import System
from apps.projects.models import Project
from tests.factories import PipelineRunFactory

_READ = {
    "anonymous": 302,
    "stranger": 404,
    "data_engineer": 200,
    "data_scientist": 200,
    "ml_ops_engineer": 200,
    "validator": 200,
    "approver": 200,
    "viewer": 200,
    "administrator": 200,
    "auditor": 200,
}
_STEER = {**{who: 403 for who in _READ}, "anonymous": 302, "stranger": 404, "administrator": 302}
_NOBODYS = {who: 404 for who in _READ}

ROWS: dict[str, dict[str, int]] = {
    "pipelines:run_list": {**_READ, "stranger": 200},
    "pipelines:run": _READ,
    "pipelines:run_status": _READ,
    "pipelines:run_log": _READ,
    "pipelines:cancel": _STEER,
    # The run has not failed: whoever may steer it is told so.
    "pipelines:retry": {**_STEER, "administrator": 409},
    "pipelines:deliver_again": {**_NOBODYS, "anonymous": 302, "administrator": 302},
}
POSTS = {"pipelines:cancel", "pipelines:retry", "pipelines:deliver_again"}


def make(project: Project, name: str) -> dict[str, Any]:
    """The path's arguments. Call it inside a transaction."""
    if name == "pipelines:run_list":
        return {}
    if name == "pipelines:deliver_again":
        event = events.record("toy.told", project, by=System("test"))
        return {"pk": Delivery.objects.create(event=event, subscriber="x.y", state="failed").pk}
    return {"pk": PipelineRunFactory(project=project).pk}
