"""Create and edit experiments: what is to be learnt from which data, and how."""

import os
import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events
from apps.datasets.models import Dataset
from apps.experiments import columns, suitability
from apps.experiments.models import Experiment
from apps.experiments.training import TrainingRefused, TrainingSettings
from apps.projects import access
from apps.projects.roles import Right

MOST_BUDGET_SECONDS = 24 * 3600
MOST_TRIALS = 50
_NUMBERS: dict[str, tuple[type, ...]] = {
    "folds": (int,),
    "seed": (int,),
    "n_jobs": (int,),
    "trials_per_algorithm": (int,),
    "max_rows": (int, type(None)),
    "time_budget_seconds": (int, float),
    "decision_threshold": (int, float),
}


@dataclass(frozen=True, slots=True)
class Design:
    """Everything about an experiment that a person chooses."""

    name: str
    model_name: str
    settings: TrainingSettings
    description: str = ""
    train_on_publish: bool = True


@transaction.atomic
def create(dataset: Dataset, design: Design, *, by: User) -> Experiment:
    """
    A new experiment on the dataset. Raises NotAllowed, and ValidationError by field where the
    newest published version does not have what the settings ask for.
    """
    access.require(by, Right.TRAIN, dataset.project)
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    _refuse_taken_name(dataset, design.name)
    _refuse_unsuitable(dataset, design.settings)
    experiment = Experiment.objects.create(
        project=dataset.project, dataset=dataset, created_by=by, edited_by=by, **_fields(design)
    )
    _record("experiments.experiment_created", experiment, by)
    return experiment


@transaction.atomic
def edit(experiment: Experiment, design: Design, *, by: User) -> Experiment:
    """Change an experiment. Its dataset stays: another dataset is another experiment."""
    experiment = (
        Experiment.objects.select_for_update(of=("self",))
        .select_related("project", "dataset")
        .get(pk=experiment.pk)
    )
    access.require(by, Right.TRAIN, experiment.project)
    if design.name != experiment.name:
        _refuse_taken_name(experiment.dataset, design.name)
    _refuse_unsuitable(experiment.dataset, design.settings)
    for field, value in _fields(design).items():
        setattr(experiment, field, value)
    experiment.edited_by = by
    experiment.save()
    _record("experiments.experiment_edited", experiment, by)
    return experiment


def settings_from(document: Any) -> TrainingSettings:
    """The settings that a JSON object says. Raises ValidationError with a sentence."""
    if not isinstance(document, dict):
        raise ValidationError({"settings": _("The settings are not a JSON object.")})
    for name, kinds in _NUMBERS.items():
        if name in document and (isinstance(document[name], bool) or not isinstance(document[name], kinds)):
            raise ValidationError({"settings": _("“%(name)s” is not a number.") % {"name": name}})
    try:
        settings = TrainingSettings.from_json(document)
    except TrainingRefused as refusal:
        raise ValidationError({"settings": str(refusal)}) from None
    except (TypeError, ValueError, AttributeError, KeyError):
        raise ValidationError({"settings": _("A setting has a value of the wrong kind.")}) from None
    _refuse_excess(settings)
    return settings


def _refuse_excess(settings: TrainingSettings) -> None:
    """What one person could ask of the machine that all share."""
    limits = {
        "time_budget_seconds": (settings.time_budget_seconds, MOST_BUDGET_SECONDS),
        "trials_per_algorithm": (settings.trials_per_algorithm, MOST_TRIALS),
        "n_jobs": (settings.n_jobs, os.cpu_count() or 1),
    }
    for name, (value, most) in limits.items():
        if value > most:
            message = _("“%(name)s” is %(value)s; at most %(most)s is possible here.")
            raise ValidationError({"settings": message % {"name": name, "value": value, "most": most}})


def _refuse_unsuitable(dataset: Dataset, settings: TrainingSettings) -> None:
    version = columns.newest(dataset)
    if version is None:
        raise ValidationError({"dataset": _("This dataset has no published version yet.")})
    if problems := suitability.problems(settings, columns.of(version)):
        raise ValidationError({name: str(told) for name, told in problems.items()})


def _refuse_taken_name(dataset: Dataset, name: str) -> None:
    if Experiment.objects.filter(project=dataset.project_id, name=name).exists():
        raise ValidationError({"name": _("The project has an experiment of this name already.")})


def _fields(design: Design) -> dict[str, Any]:
    if not design.name.strip():
        raise ValidationError({"name": _("An experiment needs a name.")})
    if design.model_name != slugify(design.model_name) or not design.model_name:
        raise ValidationError(
            {"model_name": _("A model's name has small letters, digits and hyphens alone.")}
        )
    return {
        "name": design.name.strip(),
        "model_name": design.model_name,
        "description": design.description,
        "settings": design.settings.as_json(),
        "settings_digest": design.settings.settings_digest,
        "train_on_publish": design.train_on_publish,
    }


def _record(name: str, experiment: Experiment, by: User) -> None:
    events.record(
        name,
        experiment,
        by=by,
        chain=uuid.uuid4(),
        dataset=experiment.dataset_id,
        settings_digest=experiment.settings_digest,
        train_on_publish=experiment.train_on_publish,
        detail={"name": experiment.name, "target": experiment.settings["target"]},
    )
