"""
Who gets what at every address of the portal: the table that tests/test_access_matrix.py holds it to.

Each module of this package has `ROWS: dict[str, Row]`, a row for each URL name (with its
namespaces: "projects:project_detail", "api:project-list"). An address without a row fails the
build, and so does a row without an address.

A row says for each method what each kind of person gets; `MAY` stands for "not refused" where
it does not matter how (done, redirected, bad input, wrong state). What is not listed is
refused with 405.

    def version(project: Project) -> dict[str, Any]:
        return {"pk": DatasetVersionFactory(dataset__project=project).pk}

    ROWS = {
        "datasets:dataset_list": page(),                               # everybody who is signed in
        "datasets:version_detail": page(version),                      # a stranger gets 404
        "datasets:publish": action(version, Role.DATA_ENGINEER),       # others of the project get 403
        "api:datasetversion-detail": api_page(version),
        "api:datasetversion-publish": api_action(version, Role.DATA_ENGINEER),
    }
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from apps.projects.models import Project
from apps.projects.roles import Role

ANONYMOUS, STRANGER, ADMINISTRATOR, AUDITOR = "anonymous", "stranger", "administrator", "auditor"
ROLES = tuple(role.value for role in Role)
SIGNED_IN = (STRANGER, *ROLES, ADMINISTRATOR, AUDITOR)
WHO = (ANONYMOUS, *SIGNED_IN)

MAY = frozenset({200, 201, 202, 204, 302, 303, 400, 409, 422})
"""Not refused: how it ends depends on what was sent and on the object's state."""

Answer = int | frozenset[int]
Make = Callable[[Project], dict[str, Any]]


def nothing(project: Project) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Row:
    """
    `methods`: {"GET": {who: answer}}. `kwargs` makes the object in the project and returns the
    arguments of its address; `data` is what is posted.
    """

    methods: Mapping[str, Mapping[str, Answer]]
    kwargs: Make = nothing
    data: Make = nothing
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def and_posts(
        self, *may: str, data: Make | None = None, others: Answer = 403, method: str = "POST"
    ) -> "Row":
        """The same address takes a POST as well, or another method that writes."""
        is_api = self.methods["GET"][ANONYMOUS] == 401
        posts = _posts(self.kwargs, may, anonymous=401 if is_api else 302, others=others)
        return replace(self, methods={**self.methods, method: posts}, data=data or self.data)


def page(kwargs: Make = nothing, **exceptions: Answer) -> Row:
    """A page to read: 200 for members, administrators and auditors; a stranger does not find the object."""
    return Row({"GET": _reads(kwargs, 302) | exceptions}, kwargs)


def api_page(kwargs: Make = nothing, **exceptions: Answer) -> Row:
    return Row({"GET": _reads(kwargs, 401) | exceptions}, kwargs)


def action(kwargs: Make, *may: str, data: Make = nothing, others: Answer = 403, **exceptions: Answer) -> Row:
    """A POST that these may; other members are told why not (403), strangers do not find it (404)."""
    return Row({"POST": _posts(kwargs, may, anonymous=302, others=others) | exceptions}, kwargs, data)


def api_action(
    kwargs: Make, *may: str, data: Make = nothing, others: Answer = 403, **exceptions: Answer
) -> Row:
    return Row({"POST": _posts(kwargs, may, anonymous=401, others=others) | exceptions}, kwargs, data)


def _reads(kwargs: Make, anonymous: Answer) -> dict[str, Answer]:
    stranger: Answer = 200 if kwargs is nothing else 404
    return {**dict.fromkeys(WHO, 200), ANONYMOUS: anonymous, STRANGER: stranger}


def _posts(kwargs: Make, may: tuple[str, ...], *, anonymous: Answer, others: Answer) -> dict[str, Answer]:
    answers: dict[str, Answer] = {**dict.fromkeys(WHO, others), ANONYMOUS: anonymous}
    if kwargs is not nothing:
        answers[STRANGER] = 404
    return answers | dict.fromkeys(may, MAY)


@cache
def rows() -> Mapping[str, Row]:
    """Every row of every module, by the name of its address."""
    found: dict[str, Row] = {}
    for module in pkgutil.iter_modules(__path__):
        more = importlib.import_module(f"{__name__}.{module.name}").ROWS
        assert not found.keys() & more.keys(), f"two modules have rows for {found.keys() & more.keys()}"
        found |= more
    return found
