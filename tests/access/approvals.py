from typing import Any

from apps.approvals.models import Proposal
from apps.projects.models import Project
from apps.projects.roles import Role
from tests.access import action, api_action, api_page, page
from tests.factories import member, proposed, registered


def proposal(project: Project) -> dict[str, Any]:
    author = member(project, Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER)
    return {"pk": proposed(registered(project, by=author), by=author).pk}


def decision(project: Project) -> dict[str, Any]:
    seen = Proposal.objects.filter(version__model__project=project).values_list("digest", flat=True).first()
    return {"reason": "The evidence is good and complete.", "seen": seen or ""}


def reason(project: Project) -> dict[str, Any]:
    return {"reason": "A better one is on its way."}


ROWS = {
    "approvals:proposal_list": page(),
    "approvals:proposal_review": page(proposal),
    "approvals:approve": action(proposal, Role.APPROVER, data=decision),
    "approvals:reject": action(proposal, Role.APPROVER, data=decision),
    "approvals:request_changes": action(proposal, Role.APPROVER, data=decision),
    "approvals:withdraw": action(proposal, Role.ML_OPS_ENGINEER, data=reason),
    "api:proposal-list": api_page(),
    "api:proposal-detail": api_page(proposal),
    "api:proposal-approve": api_action(proposal, Role.APPROVER, data=decision),
    "api:proposal-reject": api_action(proposal, Role.APPROVER, data=decision),
    "api:proposal-request-changes": api_action(proposal, Role.APPROVER, data=decision),
    "api:proposal-withdraw": api_action(proposal, Role.ML_OPS_ENGINEER, data=reason),
}
