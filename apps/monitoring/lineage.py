"""What a version was asked and what became of it, as the end of its picture."""

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import numbers
from apps.core.graphs import Edge, Node
from apps.deployments.models import Deployment
from apps.monitoring.models import CaptureFile, Incident
from apps.registry.lineage import Part, key_of, node_key
from apps.registry.models import ModelVersion

MOST = 5


def of_version(version: ModelVersion) -> Part:
    """How many answered requests were captured of each deployment, and the newest incidents."""
    answered, asked_at = _answered(version), reverse("monitoring:request_trace")
    nodes = [
        Node(f"captured:{pk}", _requests(rows), _("captured"), asked_at, "database")
        for pk, rows in answered.items()
    ]
    edges = [Edge(key_of(Deployment, pk), f"captured:{pk}") for pk in answered]
    for incident in Incident.objects.filter(deployment__version=version).order_by("-pk")[:MOST]:
        label = f"{incident.pk}: {incident.get_status_display()}"
        path = reverse("monitoring:incident_detail", args=[incident.pk])
        nodes.append(Node(node_key(incident), label, _("incident"), path, "alert-circle"))
        edges.append(Edge(key_of(Deployment, incident.deployment_id), node_key(incident)))
    return nodes, edges


def _answered(version: ModelVersion) -> dict[int, int]:
    """Captured rows by the id of the deployment, of those with some."""
    files = CaptureFile.objects.accepted().filter(deployment__version=version)
    found = files.values_list("deployment_id").annotate(Sum("rows")).order_by("-deployment_id")
    return dict(found[:MOST])


def _requests(rows: int) -> str:
    return ngettext("%(n)s answered request", "%(n)s answered requests", rows) % {"n": numbers.number(rows)}
