from typing import Any

from apps.projects.models import Membership, Project
from apps.projects.roles import Role
from tests.access import ADMINISTRATOR, AUDITOR, ROLES, STRANGER, action, api_action, api_page, page
from tests.factories import UserFactory


def itself(project: Project) -> dict[str, Any]:
    return {"pk": project.pk}


def demo(project: Project) -> dict[str, Any]:
    Project.objects.filter(pk=project.pk).update(is_demo=True)
    return {"pk": project.pk}


def arrow(project: Project) -> dict[str, Any]:
    return {"pk": project.pk, "arrow": "retrain"}


def membership(project: Project) -> dict[str, Any]:
    found = Membership.objects.create(
        project=project, person=UserFactory(), role=Role.VIEWER, granted_by=project.created_by
    )
    return {"pk": project.pk, "membership_pk": found.pk}


def api_membership(project: Project) -> dict[str, Any]:
    found = membership(project)
    return {"pk": found["pk"], "membership": found["membership_pk"]}


def settings(project: Project) -> dict[str, Any]:
    return {"name": "Renamed", "purpose": "to see who may"}


def new_member(project: Project) -> dict[str, Any]:
    return {"email": UserFactory().email, "role": "viewer"}


ADMINISTRATORS_ONLY = dict.fromkeys((STRANGER, *ROLES, AUDITOR), 403)
MEMBERS_ARE_TOLD = dict.fromkeys((*ROLES, AUDITOR), 403)

ROWS = {
    "projects:project_list": page(),
    "projects:project_create": page(**ADMINISTRATORS_ONLY).and_posts(ADMINISTRATOR, data=settings),
    "projects:project_detail": page(itself),
    "projects:project_settings": page(itself, **MEMBERS_ARE_TOLD).and_posts(ADMINISTRATOR, data=settings),
    "projects:archive": action(itself, ADMINISTRATOR),
    "projects:remove_demo": action(demo, ADMINISTRATOR),
    "projects:members": page(itself),
    "projects:grant": action(itself, ADMINISTRATOR, data=new_member),
    "projects:revoke": action(membership, ADMINISTRATOR),
    "projects:choose_mode": action(arrow, Role.ML_OPS_ENGINEER, data=lambda project: {"mode": "manual"}),
    "api:project-list": api_page().and_posts(ADMINISTRATOR, data=settings),
    "api:project-detail": api_page(itself).and_posts(ADMINISTRATOR, data=settings, method="PATCH"),
    "api:project-archive": api_action(itself, ADMINISTRATOR),
    "api:project-remove-demo": api_action(demo, ADMINISTRATOR),
    "api:project-members": api_page(itself).and_posts(ADMINISTRATOR, data=new_member),
    "api:project-revoke": api_action(api_membership, ADMINISTRATOR),
    "api:project-arrows": api_page(itself).and_posts(
        Role.ML_OPS_ENGINEER, data=lambda project: {"arrow": "retrain", "mode": "manual"}
    ),
}
