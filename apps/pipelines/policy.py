"""Who may steer a run, and who sees the engine: one reason for the page and for the refusal."""

from apps.accounts.models import User
from apps.core import objections
from apps.core.said import Said
from apps.core.saying import later as _
from apps.pipelines.definitions import find
from apps.pipelines.models import PipelineRun, State
from apps.projects import access
from apps.projects.roles import Right


def why_not_cancel(run: PipelineRun, user: User) -> Said | None:
    if reason := why_not_steer(run, user):
        return reason
    return why_not_cancel_now(run)


def why_not_cancel_now(run: PipelineRun) -> Said | None:
    """What stands against it whoever asks."""
    if run.is_final:
        return _("This run is already %(state)s.", state=State(run.state).label)
    if run.cancel_requested_at:
        return _("This run is being cancelled already.")
    return None


def why_not_retry(run: PipelineRun, user: User) -> Said | None:
    return why_not_steer(run, user) or why_not_retry_now(run)


def why_not_retry_now(run: PipelineRun) -> Said | None:
    if run.state != State.FAILED:
        return _("Only a failed run can be tried again.")
    definition = find(run.kind)
    if definition is None:
        return _("This portal does not know this kind of run any more.")
    failed = next((step for step in run.steps.all() if step.state == State.FAILED), None)
    if failed is None or not definition.has_resumable(failed.name):
        return _("The step that failed may not be repeated. Start a new run instead.")
    return objections.why_not("pipelines.retry", run)


def why_not_steer(run: PipelineRun, user: User) -> Said | None:
    """
    Who started a run and whoever has the right that it needs may steer it; so may
    administrators, who keep the engine running.
    """
    if user.is_administrator:
        return None
    definition = find(run.kind)
    right = definition.right if definition else None
    if right and access.can(user, right, run.project):
        return None
    if run.started_by_id == user.pk and access.can(user, Right.VIEW, run.project):
        return None
    if right:
        return access.why_not(right)
    return _("Only who started this run and administrators can do this.")


def why_not_look_after_engine(user: User) -> Said | None:
    if user.is_administrator or user.is_auditor:
        return None
    return _("Administrators and auditors look after the engine.")
