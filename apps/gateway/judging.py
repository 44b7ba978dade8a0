"""Whether a request may pass the gate: found in its path, query and body, asked of the caller."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from django.core.exceptions import SuspiciousOperation
from django.utils.translation import gettext as _

from apps.core.errors import NotAllowed
from apps.gateway import tracked
from apps.gateway.callers import Caller
from apps.gateway.models import TrackedExperiment
from apps.gateway.operations import Access, Operation, Subject
from apps.projects.models import Project

_OWNER_TAG = "mlflow.user"
_ARTIFACT_PATH = re.compile(
    r"(?P<experiment>\d+)/(?:(?P<run>[0-9a-f]{32})|models/m-[0-9a-f]{32})/artifacts(?:/[^\0]*)?"
)


@dataclass(slots=True)
class Asked:
    """A request, read as far as it must be. `body` is None where it is streamed."""

    operation: Operation
    named: dict[str, str]
    query: str
    body: dict[str, Any] | None = None
    experiment: TrackedExperiment | None = None
    project: Project | None = None
    content: bytes | None = field(default=None, repr=False)

    def value(self, *names: str) -> str:
        """The first of these that the body or the query holds."""
        query = parse_qs(self.query)
        for name in names:
            if self.body and self.body.get(name):
                return str(self.body[name])
            if query.get(name):
                return query[name][-1]
        return ""


def judge(asked: Asked, caller: Caller) -> None:
    """Raise NotAllowed or tracked.Unknown unless the caller may do this; note whose it is in `asked`."""
    _JUDGES[asked.operation.subject](asked, caller)
    if asked.body is not None and asked.operation.access is Access.WRITE:
        _sign(asked, caller)


def _nothing(asked: Asked, caller: Caller) -> None:
    """Nothing of anybody's is named; lists are filtered in the answer."""


def _by_name(asked: Asked, caller: Caller) -> None:
    asked.project = tracked.project_of_name(asked.value("name", "experiment_name"), caller.user)
    caller.require(asked.project, asked.operation.access)


def _by_experiment(asked: Asked, caller: Caller) -> None:
    asked.experiment = tracked.experiment(asked.value("experiment_id"))
    caller.require(asked.experiment.project, asked.operation.access)


def _by_experiments(asked: Asked, caller: Caller) -> None:
    ids = (asked.body or {}).get("experiment_ids") or []
    if not isinstance(ids, list) or not ids:
        raise NotAllowed(_("Name the experiments to search in."))
    for experiment_id in ids:
        caller.require(tracked.experiment(str(experiment_id)).project, asked.operation.access)


def _by_run(asked: Asked, caller: Caller) -> None:
    query = parse_qs(asked.query)
    ids = {*query.get("run_id", []), *query.get("run_uuid", []), *query.get("run_ids", [])}
    ids |= {str((asked.body or {})[name]) for name in ("run_id", "run_uuid") if (asked.body or {}).get(name)}
    if not ids:
        raise tracked.Unknown("")
    for run_id in ids:
        caller.require_run(tracked.run(run_id), asked.operation.access)


def _by_logged_model(asked: Asked, caller: Caller) -> None:
    experiment = tracked.experiment_of_logged_model(asked.named["model"])
    caller.require(experiment.project, asked.operation.access)


def _by_artifact(asked: Asked, caller: Caller) -> None:
    path = asked.named.get("path") or asked.value("path")
    match = _ARTIFACT_PATH.fullmatch(path)
    if match is None or ".." in path or "%" in path or "\\" in path:
        raise NotAllowed(_("This is no place where artifacts are kept."))
    experiment = tracked.experiment(match["experiment"])
    caller.require(experiment.project, asked.operation.access)
    if match["run"]:
        caller.require_run(tracked.run(match["run"]), asked.operation.access)


_JUDGES = {
    Subject.NOTHING: _nothing,
    Subject.EXPERIMENT_NAME: _by_name,
    Subject.EXPERIMENT: _by_experiment,
    Subject.EXPERIMENTS: _by_experiments,
    Subject.RUN: _by_run,
    Subject.LOGGED_MODEL: _by_logged_model,
    Subject.ARTIFACT: _by_artifact,
}


def _sign(asked: Asked, caller: Caller) -> None:
    """The user of a run is the token's owner, whatever the client says."""
    body = asked.body or {}
    if body.get("key") == _OWNER_TAG:
        body["value"] = caller.user.email
    if asked.operation.creates == "run":
        body["user_id"] = caller.user.email
    if isinstance(body.get("tags"), list):
        kept = [tag for tag in body["tags"] if not (isinstance(tag, dict) and tag.get("key") == _OWNER_TAG)]
        body["tags"] = kept
    if asked.operation.creates == "run":
        body["tags"] = [*body.get("tags", []), {"key": _OWNER_TAG, "value": caller.user.email}]
    asked.content = json.dumps(body).encode()


def parsed(content: bytes) -> dict[str, Any]:
    """The JSON object of a request's body. Raises SuspiciousOperation for anything else."""
    try:
        body = json.loads(content or b"{}")
    except ValueError as error:
        raise SuspiciousOperation("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise SuspiciousOperation("The body is not a JSON object.")
    return body
