"""
What may pass the gate, as one table: everything that is not in it is refused.

An operation says where in the request the experiment, run or logged model is named, so that
the gate can ask whose it is before anything is passed on.
"""

import re
from dataclasses import dataclass
from enum import Enum


class Access(Enum):
    READ = "read"
    WRITE = "write"


class Subject(Enum):
    """What the request is about, and so where its project is found."""

    NOTHING = "nothing"
    EXPERIMENT_NAME = "experiment name"
    EXPERIMENT = "experiment"
    EXPERIMENTS = "experiments"
    RUN = "run"
    LOGGED_MODEL = "logged model"
    ARTIFACT = "artifact path"


@dataclass(frozen=True, slots=True)
class Operation:
    """`streams`: the body is passed on as it comes. `creates` and `filters` name what its answer holds."""

    method: str
    pattern: re.Pattern[str]
    access: Access
    subject: Subject
    streams: bool = False
    creates: str = ""
    filters: str = ""


def _operation(
    method: str,
    path: str,
    access: Access,
    subject: Subject,
    *,
    streams: bool = False,
    creates: str = "",
    filters: str = "",
) -> Operation:
    return Operation(method, re.compile(path), access, subject, streams, creates, filters)


_READ, _WRITE = Access.READ, Access.WRITE
_API = r"/api/2\.0/mlflow/"
_MODEL = r"(?P<model>m-[0-9a-f]{32})"
_FILES = r"/api/2\.0/mlflow-artifacts/artifacts"

OPERATIONS: tuple[Operation, ...] = (
    _operation("GET", r"/(?:health|version)", _READ, Subject.NOTHING),
    _operation("GET", r"/api/3\.0/mlflow/server-info", _READ, Subject.NOTHING),
    _operation(
        "POST",
        _API + "experiments/create",
        _WRITE,
        Subject.EXPERIMENT_NAME,
        creates="experiment",
    ),
    _operation("GET", _API + "experiments/get-by-name", _READ, Subject.EXPERIMENT_NAME),
    _operation("GET", _API + "experiments/get", _READ, Subject.EXPERIMENT),
    _operation("GET", _API + "experiments/search", _READ, Subject.NOTHING, filters="experiments"),
    _operation("POST", _API + "experiments/search", _READ, Subject.NOTHING, filters="experiments"),
    _operation("POST", _API + "experiments/set-experiment-tag", _WRITE, Subject.EXPERIMENT),
    _operation("POST", _API + "runs/create", _WRITE, Subject.EXPERIMENT, creates="run"),
    _operation("POST", _API + "runs/search", _READ, Subject.EXPERIMENTS),
    _operation("GET", _API + "runs/get", _READ, Subject.RUN),
    *(
        _operation("POST", _API + f"runs/{verb}", _WRITE, Subject.RUN)
        for verb in (
            "update",
            "log-metric",
            "log-batch",
            "log-parameter",
            "log-model",
            "set-tag",
            "delete-tag",
            "log-inputs",
            "outputs",
        )
    ),
    _operation("GET", _API + "metrics/get-history", _READ, Subject.RUN),
    _operation("GET", _API + "metrics/get-history-bulk-interval", _READ, Subject.RUN),
    _operation("GET", _API + "artifacts/list", _READ, Subject.RUN),
    _operation("POST", _API + "logged-models", _WRITE, Subject.EXPERIMENT),
    _operation("POST", _API + "logged-models/search", _READ, Subject.EXPERIMENTS),
    _operation("GET", _API + f"logged-models/{_MODEL}", _READ, Subject.LOGGED_MODEL),
    _operation("PATCH", _API + f"logged-models/{_MODEL}", _WRITE, Subject.LOGGED_MODEL),
    _operation("POST", _API + f"logged-models/{_MODEL}/params", _WRITE, Subject.LOGGED_MODEL),
    _operation("PATCH", _API + f"logged-models/{_MODEL}/tags", _WRITE, Subject.LOGGED_MODEL),
    _operation("GET", _API + f"logged-models/{_MODEL}/artifacts/directories", _READ, Subject.LOGGED_MODEL),
    _operation("GET", _FILES, _READ, Subject.ARTIFACT),
    _operation("GET", _FILES + r"/(?P<path>[^?]+)", _READ, Subject.ARTIFACT),
    _operation("PUT", _FILES + r"/(?P<path>[^?]+)", _WRITE, Subject.ARTIFACT, streams=True),
)

GOVERNED = re.compile(
    r"/(?:ajax-)?api/[23]\.0/mlflow/(?:registered-models|model-versions)/"
    r"|/(?:ajax-)?api/[23]\.0/mlflow/(?:experiments|runs|logged-models)/(?:.*/)?(?:delete|restore)"
    r"|/(?:ajax-)?api/2\.0/mlflow/experiments/update"
)
"""Registry, stages, aliases and deletions: the portal's own, with a sentence that says so."""

SUSPECT = re.compile(r"\.\.|[%\\;?#\x00-\x1f\x7f]|//|/\./|/\.$")


def find(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that the request asks for, with what its path names; None when it may not pass."""
    if SUSPECT.search(path):
        return None
    for operation in OPERATIONS:
        if operation.method == method and (match := operation.pattern.fullmatch(path)):
            return operation, {name: value for name, value in match.groupdict().items() if value}
    return None
