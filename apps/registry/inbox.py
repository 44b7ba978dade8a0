"""Trained models that wait for a data scientist."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.inbox import InboxItem
from apps.projects.models import Project
from apps.projects.roles import Right, roles_with
from apps.registry.models import Validation


def items(user: User) -> list[InboxItem]:
    mine = Project.objects.active().filter(
        memberships__person=user, memberships__role__in=roles_with(Right.TRAIN)
    )
    waiting = Validation.objects.filter(
        resolution=Validation.Resolution.OPEN, training_run__experiment__project__in=mine
    ).select_related("training_run__experiment__project")
    return [
        InboxItem(
            title=_("Register or discard %(run)s") % {"run": validation.training_run},
            path=reverse("registry:validation_detail", args=[validation.pk]),
            since=validation.created_at,
            kind=_("trained model"),
            project=str(validation.project),
            icon="scale",
        )
        for validation in waiting[:50]
    ]
