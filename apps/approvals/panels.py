"""What approvals show on pages of the registry."""

from typing import Any

from django.http import HttpRequest  # noqa: TID251 - a panel is handed the request of its page

from apps.approvals.models import Proposal
from apps.registry.models import ModelVersion


def of_version(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """The version's proposals with their decisions, newest first."""
    proposals = (
        Proposal.objects.filter(version=version)
        .select_related("proposed_by", "version__model__project")
        .defer("manifest", "evidence")
        .prefetch_related("decisions__person")[:5]
    )
    return {"template": "approvals/_version_proposals.html", "proposals": proposals}
