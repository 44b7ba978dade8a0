"""The release pipeline: from a registered version to one that answers clients."""

from django.utils.translation import gettext_lazy as _

from apps.pipelines.definitions import PipelineDefinition, StepDefinition
from apps.projects.roles import Right

RELEASE = PipelineDefinition(
    "release",
    _("Release"),
    (
        StepDefinition("package", "apps.deployments.releasing.package", _("Package"), queue="long"),
        StepDefinition("check", "apps.deployments.releasing.check", _("Check"), queue="long"),
        StepDefinition("profile", "apps.deployments.releasing.profile", _("Profile"), queue="long"),
        StepDefinition("approval", "apps.deployments.deciding.approval", _("Approval")),
        StepDefinition("deploy", "apps.deployments.deciding.deploy", _("Deploy")),
        StepDefinition("verify", "apps.deployments.verifying.verify", _("Verify")),
    ),
    finished="apps.deployments.releases.on_ended",
    right=Right.DEPLOY,
)
