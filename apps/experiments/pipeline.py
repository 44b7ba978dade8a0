"""The pipelines of a training, as starting a run needs to know them. The steps are in `steps`."""

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
    ),
    finished="apps.experiments.ending.tell",
    right=Right.TRAIN,
)

# Apart from the training: a tracking server that is away or slow holds up no validation.
LOGGING: Final = PipelineDefinition(
    "logging",
    _("Logging to MLflow"),
    (StepDefinition("log", "apps.experiments.mlflow_logging.log", _("Log to MLflow")),),
    right=Right.TRAIN,
)
