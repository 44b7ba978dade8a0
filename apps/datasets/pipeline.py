"""How a file becomes a version: read it, then file what was read."""

from django.utils.translation import gettext_lazy as _

from apps.pipelines.definitions import PipelineDefinition, StepDefinition
from apps.projects.roles import Right

INGEST = PipelineDefinition(
    "ingest",
    _("Reading a file"),
    (
        StepDefinition("read", "apps.datasets.ingesting.read", _("Read and profile"), queue="long"),
        StepDefinition("file", "apps.datasets.ingesting.file", _("File the version")),
    ),
    finished="apps.datasets.uploads.settle",
    right=Right.EDIT_DATA,
)
