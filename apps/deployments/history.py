"""Which version answered at a time: one query."""

from datetime import datetime

from django.db.models import Q

from apps.deployments.models import Deployment, DeploymentQuerySet, Endpoint


def at(endpoint: Endpoint, moment: datetime) -> Deployment | None:
    """The deployment that answered then: live_from ≤ moment < live_to. None where nothing did."""
    return (
        endpoint.deployments.served()
        .filter(Q(live_to=None) | Q(live_to__gt=moment), live_from__lte=moment)
        .with_everything_for_a_row()
        .order_by("-live_from")
        .first()
    )


def of(endpoint: Endpoint) -> DeploymentQuerySet:
    """Everything that was ordered there, newest first."""
    return Deployment.objects.filter(endpoint=endpoint).with_everything_for_a_row()
