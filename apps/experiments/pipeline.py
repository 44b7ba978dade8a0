"""The training pipeline, as starting a run needs to know it. The steps are in `steps`."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from apps.pipelines.definitions import PipelineDefinition, StepDefinition
from apps.projects.roles import Right

TRAINING: Final = PipelineDefinition(
    "training",
    _("Training"),
    (
        StepDefinition("prepare", "apps.experiments.steps.prepare", _("Prepare")),
        StepDefinition("train", "apps.experiments.steps.train", _("Train and evaluate"), queue="long"),
        StepDefinition("log", "apps.experiments.steps.log", _("Log to MLflow"), queue="long"),
    ),
    finished="apps.experiments.ending.tell",
    right=Right.TRAIN,
)
