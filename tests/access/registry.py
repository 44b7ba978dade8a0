from typing import Any

from apps.projects.models import Project
from apps.projects.roles import Role
from apps.registry import tiers
from apps.registry.models import RegisteredModel, Tier
from tests.access import action, api_action, api_page, page
from tests.factories import UserFactory, ValidationFactory, member, registered, trained

REASON = {"reason": "Known better by a person."}


def version(project: Project) -> dict[str, Any]:
    return {"pk": registered(project, by=member(project, Role.DATA_SCIENTIST)).pk}


def model(project: Project) -> dict[str, Any]:
    return {"pk": registered(project, by=member(project, Role.DATA_SCIENTIST)).model_id}


def validation(project: Project) -> dict[str, Any]:
    run = trained(project, by=member(project, Role.DATA_SCIENTIST))
    return {"pk": ValidationFactory(training_run=run, verdict="hold").pk}


def _asked(project: Project) -> Any:
    person = member(project, Role.DATA_SCIENTIST)
    found = RegisteredModel.objects.create(project=project, name="asked", tier="high", owner=UserFactory())
    return tiers.change(found, to=Tier.LOW, by=person, reason="Errors are cheap here.")


def tier_request(project: Project) -> dict[str, Any]:
    return {"pk": _asked(project).pk}


def asked_model(project: Project) -> dict[str, Any]:
    return {"pk": _asked(project).model_id}


def reason(project: Project) -> dict[str, Any]:
    return REASON


def wanted(project: Project) -> dict[str, Any]:
    return {"tier": "high", **REASON}


WHO_KNOWS_THE_COST = (Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER, Role.APPROVER)

ROWS = {
    "registry:model_list": page(),
    "registry:model_detail": page(model),
    "registry:version_detail": page(version),
    "registry:validation_detail": page(validation),
    "registry:register": action(validation, Role.DATA_SCIENTIST, data=reason),
    "registry:discard": action(validation, Role.DATA_SCIENTIST, data=reason),
    "registry:change_tier": action(model, *WHO_KNOWS_THE_COST, data=wanted),
    "registry:answer_tier": action(tier_request, Role.APPROVER, data=lambda project: {"answer": "grant"}),
    "api:model-list": api_page(),
    "api:model-detail": api_page(model),
    "api:model-tier": api_action(model, *WHO_KNOWS_THE_COST, data=wanted),
    "api:model-answer-tier": api_action(asked_model, Role.APPROVER, data=lambda project: {"grant": True}),
    "api:modelversion-list": api_page(),
    "api:modelversion-detail": api_page(version),
    "api:modelversion-lineage": api_page(version),
    "api:validation-list": api_page(),
    "api:validation-detail": api_page(validation),
    "api:validation-register": api_action(validation, Role.DATA_SCIENTIST, data=reason),
    "api:validation-discard": api_action(validation, Role.DATA_SCIENTIST, data=reason),
}
