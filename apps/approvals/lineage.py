"""The proposals of a version, and who decided, as part of its picture."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.approvals.models import Proposal
from apps.core.graphs import Edge, Node
from apps.registry.lineage import Part, node_key
from apps.registry.models import ModelVersion


def of_version(version: ModelVersion) -> Part:
    nodes: list[Node] = []
    edges: list[Edge] = []
    found = Proposal.objects.filter(version=version).defer("manifest", "evidence").order_by("-pk")
    for proposal in found[:5]:
        label = f"{_('Proposal')} {proposal.pk}: {proposal.get_status_display()}"
        path = reverse("approvals:proposal_review", args=[proposal.pk])
        nodes.append(Node(node_key(proposal), label, _("approval"), path, "shield-check"))
        edges.append(Edge(node_key(version), node_key(proposal)))
    return nodes, edges
