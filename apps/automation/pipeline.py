"""The pipeline of a retraining: gather newer data, publish it as a version, start the training."""

from django.utils.translation import gettext_lazy as _

from apps.pipelines.definitions import PipelineDefinition, StepDefinition

RETRAINING = PipelineDefinition(
    kind="retraining",
    title=_("Retraining"),
    steps=(
        StepDefinition("collect", "apps.automation.collecting.collect", _("Gather newer data"), "long"),
        StepDefinition("publish", "apps.automation.collecting.publish", _("Publish the data version")),
        StepDefinition("start", "apps.automation.collecting.start_training", _("Start the training")),
    ),
    finished="apps.automation.retraining.ended",
)
