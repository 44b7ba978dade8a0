"""Who gets what of the audit pages; `make` prepares the object that the row's path names."""

from typing import Any

from apps.audit import events
from apps.core.actors import System
from apps.projects.models import Project

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
_REFUSED = {**{who: 403 for who in _READ}, "anonymous": 302}
_EVERYBODY = {**_READ, "stranger": 200}

ROWS: dict[str, dict[str, int]] = {
    "audit:event_list": _EVERYBODY,
    "audit:event": _READ,
    "audit:chain": _READ,
    "audit:erase": {**_REFUSED, "stranger": 404, "administrator": 302},
    "audit:verify": {**_REFUSED, "administrator": 302, "auditor": 302},
    "audit:export_json": _EVERYBODY,
    "audit:export_csv": _EVERYBODY,
    "audit:public_key": _EVERYBODY,
}
POSTS = {"audit:erase", "audit:verify"}


def make(project: Project, name: str) -> dict[str, Any]:
    """The path's arguments. Call it inside a transaction."""
    if name in ("audit:event", "audit:erase", "audit:chain"):
        event = events.record("toy.told", project, by=System("test"), detail={"reason": "because"})
        return {"chain": event.chain} if name == "audit:chain" else {"pk": event.pk}
    return {}
