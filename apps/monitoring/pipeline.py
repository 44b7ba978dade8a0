"""The pipeline that makes a version's baseline."""

from django.utils.translation import gettext_lazy as _

from apps.pipelines.definitions import PipelineDefinition, StepDefinition

BASELINE = PipelineDefinition(
    kind="baseline",
    title=_("Baseline"),
    steps=(StepDefinition("build", "apps.monitoring.building.build", _("Count the training data")),),
)
