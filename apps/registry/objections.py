"""What the registry holds against verbs of lower apps."""

from apps.core.said import Said
from apps.core.saying import later as _
from apps.datasets.models import DatasetVersion
from apps.registry.models import ModelVersion


def why_not_withdraw(version: DatasetVersion) -> Said | None:
    """Data that a live model learnt from stays, as long as that model serves."""
    live = (
        ModelVersion.objects.in_production()
        .select_related("model__project")
        .filter(training_run__dataset_version=version)
        .first()
    )
    if live is None:
        return None
    return _("%(model)s is in production and was trained on %(data)s.", model=live, data=version)
