"""
Which project an experiment, a run or a logged model of MLflow belongs to.

An experiment is named `<project>/<name>`; whoever creates one through the gate fixes its
project. Rows are written when the answer passes; what is missing is looked up by its name.
"""

import re
from typing import Any
from urllib.parse import urlencode

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import NotAllowed
from apps.gateway.models import TrackedExperiment, TrackedRun
from apps.projects.models import Project
from apps.projects.roles import Right, roles_with
from apps.tracking import server

_ID = re.compile(r"[1-9][0-9]{0,30}")


class Unknown(LookupError):
    """There is no such thing, or none that anybody may see."""


def project_of_name(name: str, user: User) -> Project:
    """The project that an experiment's name starts with. Raises NotAllowed with the names that would do."""
    slug, slash, rest = name.partition("/")
    project = Project.objects.visible_to(user).filter(slug=slug).first() if slash and rest else None
    if project is None:
        raise NotAllowed(
            _("An experiment is named “<project>/<name>”. Projects that you can log to: %(projects)s.")
            % {"projects": ", ".join(_loggable(user)) or _("none")}
        )
    return project


def _loggable(user: User) -> list[str]:
    return list(
        Project.objects.active()
        .filter(memberships__person=user, memberships__role__in=roles_with(Right.TRAIN))
        .distinct()
        .values_list("slug", flat=True)
    )


def experiment(experiment_id: str) -> TrackedExperiment:
    """Raises Unknown for MLflow's own default experiment and whatever has no project."""
    if not _ID.fullmatch(experiment_id):
        # MLflow reads " 1" and "01" as 1; one spelling is enough.
        raise Unknown(experiment_id)
    found = TrackedExperiment.objects.select_related("project").filter(experiment_id=experiment_id).first()
    return found or _adopt(experiment_id)


def _adopt(experiment_id: str) -> TrackedExperiment:
    answer = server.call("GET", "experiments/get", query=urlencode({"experiment_id": experiment_id}))
    name = (answer or {}).get("experiment", {}).get("name", "")
    project = Project.objects.filter(slug=name.partition("/")[0]).first() if "/" in name else None
    if project is None:
        raise Unknown(experiment_id)
    return remember_experiment(experiment_id, name, project, project.created_by)


def remember_experiment(experiment_id: str, name: str, project: Project, by: User) -> TrackedExperiment:
    try:
        with transaction.atomic():
            found, _created = TrackedExperiment.objects.get_or_create(
                experiment_id=experiment_id,
                defaults={"name": name, "project": project, "created_by": by},
            )
    except IntegrityError:
        raise Unknown(experiment_id) from None
    return found


def run(run_id: str) -> TrackedRun:
    """Raises Unknown for a run that did not come through the gate."""
    found = TrackedRun.objects.select_related("experiment__project", "owner").filter(run_id=run_id).first()
    if found is None:
        raise Unknown(run_id)
    return found


def remember_run(run_id: str, of: TrackedExperiment, owner: User, reference: str) -> TrackedRun:
    found, _created = TrackedRun.objects.get_or_create(
        run_id=run_id, defaults={"experiment": of, "owner": owner, "reference": reference}
    )
    return found


def logged_model(model_id: str) -> tuple[TrackedExperiment, str]:
    """The experiment of a logged model and the run that logged it ("" where none did)."""
    answer = server.call("GET", f"logged-models/{model_id}")
    info: dict[str, Any] = (answer or {}).get("model", {}).get("info", {})
    if "experiment_id" not in info:
        raise Unknown(model_id)
    return experiment(info["experiment_id"]), str(info.get("source_run_id") or "")
