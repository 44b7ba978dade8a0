"""Releases that wait for an ML ops engineer: to be started, to be deployed."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.inbox import InboxItem
from apps.deployments.models import Release
from apps.pipelines.models import State
from apps.projects.models import Project
from apps.projects.roles import Right, roles_with

MOST = 50


def items(user: User) -> list[InboxItem]:
    mine = Project.objects.active().filter(
        memberships__person=user, memberships__role__in=roles_with(Right.DEPLOY)
    )
    waiting = (
        Release.objects.filter(
            version__model__project__in=mine,
            ordered_by=None,
            pipeline_run__steps__name="deploy",
            pipeline_run__steps__state=State.WAITING,
            pipeline_run__steps__wake_key__startswith="release:",
        )
        .select_related("version__model__project")
        .distinct()
    )
    return [
        InboxItem(
            title=_("Deploy %(version)s: it is approved") % {"version": release.version},
            path=reverse("deployments:release_detail", args=[release.pk]),
            since=release.created_at,
            kind=_("release"),
            project=str(release.project),
            icon="rocket",
        )
        for release in waiting[:MOST]
    ]
