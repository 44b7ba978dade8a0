"""Where a version answered clients, as part of its picture."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.approvals.models import Proposal
from apps.core.graphs import Edge, Node
from apps.deployments.models import Deployment
from apps.registry.lineage import Part, key_of, node_key
from apps.registry.models import ModelVersion

MOST = 5


def of_version(version: ModelVersion) -> Part:
    """Its newest deployments, each behind the proposal that allowed it."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    found = Deployment.objects.filter(version=version).served().select_related("endpoint").order_by("-pk")
    for deployment in found[:MOST]:
        label = _("%(state)s at %(endpoint)s") % {
            "state": deployment.get_state_display(),
            "endpoint": deployment.endpoint,
        }
        path = reverse("deployments:endpoint_detail", args=[deployment.endpoint_id])
        nodes.append(Node(node_key(deployment), label, _("deployment"), path, "bolt"))
        edges.append(Edge(key_of(Proposal, deployment.proposal_id), node_key(deployment)))
    return nodes, edges
