from typing import Any

from django.utils import timezone

from apps.deployments.models import ApiKey
from apps.projects.models import Project
from apps.projects.roles import Role
from tests.access import action, api_action, api_page, page
from tests.factories import (
    DeploymentFactory,
    EndpointFactory,
    ModelVersionFactory,
    ReleaseFactory,
    UserFactory,
)


def version(project: Project) -> dict[str, Any]:
    return {"version_pk": ModelVersionFactory(model__project=project).pk}


def release(project: Project) -> dict[str, Any]:
    return {"pk": ReleaseFactory(version__model__project=project).pk}


def endpoint(project: Project) -> dict[str, Any]:
    return {"pk": EndpointFactory(model__project=project).pk}


def served(project: Project) -> dict[str, Any]:
    return {"pk": DeploymentFactory(endpoint__model__project=project, live=True).endpoint_id}


def named(project: Project) -> dict[str, Any]:
    return {"name": EndpointFactory(model__project=project).name}


def deployment(project: Project) -> dict[str, Any]:
    return {"pk": DeploymentFactory(endpoint__model__project=project).pk}


def key(project: Project) -> dict[str, Any]:
    place = EndpointFactory(model__project=project)
    made = ApiKey.objects.create(
        endpoint=place,
        label="client",
        prefix="mle_",
        key_hash=f"{place.pk:064d}",
        created_by=UserFactory(),
        expires_at=timezone.now(),
    )
    return {"pk": place.pk, "key_pk": made.pk}


def api_key(project: Project) -> dict[str, Any]:
    found = key(project)
    return {"pk": found["pk"], "key": found["key_pk"]}


def reason(project: Project) -> dict[str, Any]:
    return {"reason": "to see who may"}


def roll_back(project: Project) -> dict[str, Any]:
    return {"reason": "to see who may", "to": 1}


def settings(project: Project) -> dict[str, Any]:
    return {"capture": "durable", "require_key": True}


def new_key(project: Project) -> dict[str, Any]:
    return {"label": "client", "days": 30}


OPS = Role.ML_OPS_ENGINEER
NOT_FOUND_AFTER_ALL = {OPS: 404}
NOTHING_LIVE = 503

ROWS = {
    "deployments:release_list": page(),
    "deployments:release_detail": page(release),
    "deployments:order": action(release, OPS),
    "deployments:start_release": action(version, OPS),
    "deployments:endpoint_list": page(),
    "deployments:endpoint_detail": page(endpoint),
    "deployments:endpoint_status": page(endpoint),
    "deployments:endpoint_log": page(endpoint),
    "deployments:stop": action(endpoint, OPS, Role.APPROVER, data=reason),
    "deployments:start": action(endpoint, OPS),
    "deployments:restart": action(endpoint, OPS),
    "deployments:choose": action(endpoint, OPS, data=settings),
    "deployments:roll_back": action(endpoint, data=roll_back, **NOT_FOUND_AFTER_ALL),
    "deployments:create_key": action(endpoint, OPS, data=new_key),
    "deployments:revoke_key": action(key, OPS),
    # Every member may try it out; without a live version there is nothing to try.
    "deployments:try_out": action(named, others=NOTHING_LIVE),
    "api:release-list": api_page().and_posts(data=lambda project: {"version": 0}, others=400),
    "api:release-detail": api_page(release),
    "api:release-deploy": api_action(release, OPS),
    "api:endpoint-list": api_page(),
    "api:endpoint-detail": api_page(endpoint),
    "api:endpoint-stop": api_action(endpoint, OPS, Role.APPROVER, data=reason),
    "api:endpoint-start": api_action(endpoint, OPS),
    "api:endpoint-restart": api_action(endpoint, OPS),
    "api:endpoint-settings": api_action(endpoint, OPS, data=settings),
    "api:endpoint-roll-back": api_action(endpoint, data=roll_back, **NOT_FOUND_AFTER_ALL),
    "api:endpoint-history": api_page(served),
    "api:endpoint-log": api_page(endpoint),
    "api:endpoint-try-out": api_action(endpoint, data=lambda project: {"records": [{}]}, others=NOTHING_LIVE),
    "api:endpoint-keys": api_page(endpoint).and_posts(OPS, data=new_key),
    "api:endpoint-revoke-key": api_action(api_key, OPS),
    "api:deployment-list": api_page(),
    "api:deployment-detail": api_page(deployment),
}
