from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.inbox import InboxItem
from apps.datasets.models import DatasetVersion
from apps.projects.models import Project
from apps.projects.roles import Right, roles_with

MOST = 50


def items(user: User) -> list[InboxItem]:
    """Quarantined versions, for those who may release or withdraw them."""
    mine = Project.objects.active().filter(
        memberships__person=user, memberships__role__in=roles_with(Right.PUBLISH_DATA)
    )
    found = DatasetVersion.objects.filter(
        status=DatasetVersion.Status.QUARANTINED, dataset__project__in=mine
    ).select_related("dataset__project")
    return [
        InboxItem(
            title=_("Look at %(version)s: it is in quarantine") % {"version": version},
            path=version.get_absolute_url(),
            since=version.created_at,
            kind=_("quarantined data"),
            project=version.project.name,
            icon="database",
        )
        for version in found[:MOST]
    ]
