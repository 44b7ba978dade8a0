from apps.projects.models import Project
from apps.projects.roles import Role
from tests.access import action, api_action, api_page, page
from tests.access.monitoring import incident
from tests.factories_automation import asked


def retraining(project: Project) -> dict[str, int]:
    return {"pk": asked(project).pk}


ROWS = {
    "automation:retraining_list": page(),
    "automation:start": action(incident, Role.ML_OPS_ENGINEER),
    "api:retraining-list": api_page(),
    "api:retraining-detail": api_page(retraining),
    "api:incident-retrain": api_action(incident, Role.ML_OPS_ENGINEER),
}
