"""Whether a request may pass the gate: found in its path, query and body, asked of the caller."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from django.core.exceptions import SuspiciousOperation
from django.utils.translation import gettext as _

from apps.core.errors import NotAllowed
from apps.gateway import tracked
from apps.gateway.callers import Caller
from apps.gateway.models import TrackedExperiment
from apps.gateway.operations import SUSPECT, Access, Operation, Subject
from apps.projects.models import Project

_OWNER_TAG = "mlflow.user"
_ARTIFACT_PATH = re.compile(
    r"(?P<experiment>[0-9]+)/(?:(?P<run>[0-9a-f]{32})|models/(?P<model>m-[0-9a-f]{32}))/artifacts(?:/.*)?"
)
_MANY = frozenset({"run_ids", "experiment_ids", "order_by"})
_HAS_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_OURS = "portal."
_NAMED_KEYS = re.compile(r"[a-z_]*")


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
        """
        The first of these that the request holds: where MLflow looks for it, in the body of a
        POST and in the query of a GET.
        """
        found = self.body if self.body is not None else {n: v[0] for n, v in parse_qs(self.query).items()}
        return next((str(found[name]) for name in names if found.get(name)), "")


def judge(asked: Asked, caller: Caller) -> None:
    """Raise NotAllowed or tracked.Unknown unless the caller may do this; note whose it is in `asked`."""
    _refuse_two_meanings(asked)
    _JUDGES[asked.operation.subject](asked, caller)
    if asked.body is not None:
        if asked.operation.access is Access.WRITE:
            _sign(asked, caller)
        # What was judged is passed on, not what was sent.
        asked.content = json.dumps(asked.body).encode()


def _refuse_two_meanings(asked: Asked) -> None:
    """
    A request must mean the same to MLflow as to us. Its protobuf reads `runId` as `run_id` too,
    and of a repeated parameter the first.
    """
    pairs = parse_qsl(asked.query, keep_blank_values=True)
    names = [name for name, _value in pairs if name not in _MANY]
    if len(names) != len(set(names)):
        raise SuspiciousOperation(_("A parameter is given twice."))
    keys = [*names, *(asked.body or {})]
    if not all(_NAMED_KEYS.fullmatch(key) for key in keys):
        raise SuspiciousOperation(_("Names are written in small letters, as run_id."))
    asked.query = urlencode(pairs)


def _nothing(asked: Asked, caller: Caller) -> None:
    """Nothing of anybody's is named; lists are filtered in the answer."""


def _by_name(asked: Asked, caller: Caller) -> None:
    asked.project = tracked.project_of_name(asked.value("name", "experiment_name"), caller.user)
    caller.require(asked.project, asked.operation.access)


def _by_experiment(asked: Asked, caller: Caller) -> None:
    asked.experiment = tracked.experiment(asked.value("experiment_id"))
    caller.require(asked.experiment.project, asked.operation.access)
    if source := asked.value("source_run_id"):
        caller.require_run(tracked.run(source), asked.operation.access)


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
    for path in query.get("path", []):
        _refuse_outside(path)


def _by_logged_model(asked: Asked, caller: Caller) -> None:
    _require_logged_model(asked.named["model"], asked.operation.access, caller)


def _require_logged_model(model_id: str, wanted: Access, caller: Caller) -> TrackedExperiment:
    """Whose a logged model is follows from the run that logged it."""
    experiment, run_id = tracked.logged_model(model_id)
    caller.require(experiment.project, wanted)
    if run_id:
        caller.require_run(tracked.run(run_id), wanted)
    elif caller.reference and wanted is Access.WRITE:
        raise NotAllowed(_("This token writes to the run that it was made for, and to no other."))
    return experiment


def _by_artifact(asked: Asked, caller: Caller) -> None:
    # A list names its folder in the query; a file is named by the address, and by that alone.
    listed = "path" not in asked.named
    path = asked.value("path") if listed else asked.named["path"]
    if not listed and asked.query:
        raise SuspiciousOperation(_("An artifact's address takes no parameters."))
    _refuse_outside(path)
    match = _ARTIFACT_PATH.fullmatch(path)
    if match is None:
        raise NotAllowed(_("This is no place where artifacts are kept."))
    experiment = tracked.experiment(match["experiment"])
    caller.require(experiment.project, asked.operation.access)
    if match["run"]:
        run = tracked.run(match["run"])
        caller.require_run(run, asked.operation.access)
        owner = run.experiment
    else:
        owner = _require_logged_model(match["model"], asked.operation.access, caller)
    if owner.pk != experiment.pk:
        raise tracked.Unknown(path)


def _refuse_outside(path: str) -> None:
    if SUSPECT.search(path) or path.startswith("/") or _HAS_SCHEME.match(path):
        raise NotAllowed(_("This is no place where artifacts are kept."))


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
    """
    The user of a run is the token's owner, whatever the client says; and tags that begin with
    "portal." are written by the portal's own trainings alone.
    """
    body = asked.body or {}
    key = str(body.get("key", ""))
    if key == _OWNER_TAG and "value" in body:
        body["value"] = caller.user.email
    elif key == _OWNER_TAG or _is_ours(key, caller):
        raise NotAllowed(_("The tag %(key)s is the portal's own.") % {"key": key})
    if isinstance(body.get("tags"), list):
        body["tags"] = [tag for tag in body["tags"] if _is_free(tag, caller)]
    if asked.operation.creates == "run":
        body["user_id"] = caller.user.email
        body["tags"] = [*body.get("tags", []), {"key": _OWNER_TAG, "value": caller.user.email}]


def _is_free(tag: Any, caller: Caller) -> bool:
    key = str(tag.get("key", "")) if isinstance(tag, dict) else ""
    if _is_ours(key, caller):
        raise NotAllowed(_("The tag %(key)s is the portal's own.") % {"key": key})
    return key != _OWNER_TAG


def _is_ours(key: str, caller: Caller) -> bool:
    return key.startswith(_OURS) and not caller.reference


def parsed(content: bytes) -> dict[str, Any]:
    """The JSON object of a request's body. Raises SuspiciousOperation for anything else."""
    try:
        body = json.loads(content or b"{}")
    except (ValueError, RecursionError) as error:
        raise SuspiciousOperation(_("The body is not JSON.")) from error
    if not isinstance(body, dict):
        raise SuspiciousOperation(_("The body is not a JSON object."))
    return body
