from typing import Any

from apps.pipelines.models import State
from apps.projects.models import Project
from apps.projects.roles import Role
from tests.access import (
    ROLES,
    STRANGER,
    action,
    api_action,
    api_page,
    page,
)
from tests.factories import DatasetVersionFactory, ExperimentFactory, TrainingRunFactory

FULL = {
    "target": "default",
    "task": "binary",
    "features": None,
    "protected": [],
    "positive_class": None,
    "favourable_class": None,
    "decision_threshold": 0.5,
    "metric": None,
    "algorithms": ["linear"],
    "trials_per_algorithm": 1,
    "folds": 3,
    "seed": 0,
    "n_jobs": 1,
    "time_budget_seconds": 60.0,
    "max_rows": None,
    "row_key": [],
    "time_column": None,
    "split": {"kind": "random", "share": 0.2, "salt": "held-out rows"},
    "recipe": {"drop_duplicates": True, "drop_missing_target": True, "outliers": "keep"},
}
COLUMNS = [{"name": name, "kind": "number", "nullable": False} for name in ("default", "income")]


def _experiment(project: Project) -> Any:
    version = DatasetVersionFactory(dataset__project=project, published=True, schema=COLUMNS)
    return ExperimentFactory(dataset=version.dataset, settings=FULL)


def experiment(project: Project) -> dict[str, Any]:
    return {"pk": _experiment(project).pk}


def training(project: Project) -> dict[str, Any]:
    return {"pk": TrainingRunFactory(experiment=_experiment(project), artifact_digest="").pk}


def failed(project: Project) -> dict[str, Any]:
    run = TrainingRunFactory(experiment=_experiment(project), artifact_digest="")
    run.pipeline_run.state, run.pipeline_run.finished_at = State.FAILED, run.created_at
    run.pipeline_run.save()
    return {"pk": run.pk}


def new(project: Project) -> dict[str, Any]:
    dataset = DatasetVersionFactory(dataset__project=project, published=True, schema=COLUMNS).dataset
    return {"dataset": dataset.pk, "name": "New", "model_name": "new", "settings": {"target": "default"}}


SCIENTISTS_ONLY = dict.fromkeys(
    (*(role for role in ROLES if role != Role.DATA_SCIENTIST), "administrator", "auditor"), 403
)

ROWS = {
    "experiments:experiment_list": page(),
    # Whoever is no data scientist anywhere with a dataset has nothing to choose from.
    "experiments:experiment_create": page(
        **SCIENTISTS_ONLY, **{STRANGER: 403, Role.DATA_SCIENTIST: 403}
    ).and_posts(),
    "experiments:experiment_detail": page(experiment),
    "experiments:experiment_edit": page(experiment, **SCIENTISTS_ONLY).and_posts(Role.DATA_SCIENTIST),
    "experiments:start": action(experiment, Role.DATA_SCIENTIST),
    "experiments:compare": page(experiment),
    "experiments:run_detail": page(training),
    "experiments:run_live": page(training),
    "experiments:cancel": action(training, Role.DATA_SCIENTIST),
    "experiments:retry": action(failed, Role.DATA_SCIENTIST),
    "experiments:repeat": action(failed, Role.DATA_SCIENTIST),
    # A stranger names a dataset that there is none of for them, which is bad input.
    "api:experiment-list": api_page().and_posts(Role.DATA_SCIENTIST, STRANGER, data=new),
    "api:experiment-detail": api_page(experiment).and_posts(
        Role.DATA_SCIENTIST, data=lambda project: {"name": "Renamed"}, method="PATCH"
    ),
    "api:experiment-runs": api_page(experiment).and_posts(Role.DATA_SCIENTIST),
    "api:run-list": api_page(),
    "api:run-detail": api_page(training),
    "api:run-cancel": api_action(training, Role.DATA_SCIENTIST),
    "api:run-retry": api_action(failed, Role.DATA_SCIENTIST),
    "api:run-repeat": api_action(failed, Role.DATA_SCIENTIST),
    "api:run-trials": api_page(training),
    "api:run-report": api_page(training),
}
