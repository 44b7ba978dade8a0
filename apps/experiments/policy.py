"""Why somebody may not, as the pages show it beside a button."""

from apps.accounts.models import User
from apps.core.said import Said
from apps.core.saying import later as _
from apps.experiments.models import TrainingRun
from apps.pipelines import policy
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right


def why_not_train(project: Project, user: User) -> Said | None:
    """The same reason for creating, editing, starting, cancelling and repeating."""
    if not access.can(user, Right.TRAIN, project):
        return access.why_not(Right.TRAIN)
    if project.archived_at:
        return _("This project is archived; nothing in it can be changed.")
    return None


def why_not_repeat(run: TrainingRun) -> Said | None:
    """What stands against training the same again, whoever asks."""
    if not run.pipeline_run.is_final:
        return _("It is still running.")
    version = run.dataset_version
    if version.status != version.Status.PUBLISHED:
        return _("Its data version is %(status)s now.", status=version.Status(version.status).label)
    return None


def why_not_retry(run: TrainingRun) -> Said | None:
    return policy.why_not_retry_now(run.pipeline_run)
