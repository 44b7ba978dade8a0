"""Incidents: opened by the checks, then acknowledged, assigned, silenced and resolved by people."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events
from apps.core.actors import System
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import Said
from apps.monitoring import policy
from apps.monitoring.models import Incident, WindowResult
from apps.projects import access
from apps.projects.roles import Right

Status = Incident.Status
MOVES: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.ACKNOWLEDGED, Status.ASSIGNED, Status.RESOLVED}),
    Status.ACKNOWLEDGED: frozenset({Status.ASSIGNED, Status.RESOLVED}),
    Status.ASSIGNED: frozenset({Status.ACKNOWLEDGED, Status.ASSIGNED, Status.RESOLVED}),
    Status.RESOLVED: frozenset(),
}
BY = System("monitoring")
LONGEST_SILENCE: Final = timedelta(days=30)


@transaction.atomic
def open_for(
    result: WindowResult,
    *,
    cause: str,
    sentence: Said,
    causes: list[dict[str, Any]],
    calls_for_retraining: bool,
) -> Incident:
    """A new incident of this cause, or one window more of the open one."""
    monitor = result.monitor
    known = Incident.objects.select_for_update().open().filter(monitor=monitor, cause=cause).first()
    if known is not None:
        return _attach(known, result, sentence, causes)
    incident = Incident.objects.create(
        monitor=monitor,
        deployment=result.deployment,
        cause=cause,
        sentence=sentence,
        causes=causes,
        calls_for_retraining=calls_for_retraining,
        first_window=result,
        last_window=result,
        assignee=monitor.owner,
        chain=result.deployment.chain,
    )
    events.record(
        "monitoring.incident_opened",
        incident,
        by=BY,
        chain=incident.chain,
        cause=cause,
        calls_for_retraining=calls_for_retraining,
        monitor=monitor.pk,
        window=result.pk,
        assignee=incident.assignee_id,
    )
    return incident


def _attach(
    incident: Incident, result: WindowResult, sentence: Said, causes: list[dict[str, Any]]
) -> Incident:
    if incident.last_window_id != result.pk:
        incident.windows += 1
    incident.last_window, incident.sentence, incident.causes = result, sentence, causes
    incident.save(update_fields=["windows", "last_window", "sentence", "causes"])
    return incident


@transaction.atomic
def acknowledge(incident: Incident, *, by: User) -> Incident:
    """Say that somebody looks at it. Raises NotAllowed, WrongState."""
    incident = _locked(incident, Status.ACKNOWLEDGED, by)
    incident.status, incident.acknowledged_by = Status.ACKNOWLEDGED, by
    incident.acknowledged_at = timezone.now()
    incident.save(update_fields=["status", "acknowledged_by", "acknowledged_at"])
    events.record("monitoring.incident_acknowledged", incident, by=by, chain=incident.chain)
    return incident


@transaction.atomic
def assign(incident: Incident, *, to: User, by: User) -> Incident:
    """Make somebody responsible who may work on it."""
    incident = _locked(incident, Status.ASSIGNED, by)
    if not access.can(to, Right.MONITOR, incident.project):
        raise NotAllowed(_("%(person)s has no role here that works on incidents.") % {"person": to})
    if incident.status == Status.ASSIGNED and incident.assignee_id == to.pk:
        raise WrongState(_("%(person)s has this incident already.") % {"person": to})
    incident.status, incident.assignee = Status.ASSIGNED, to
    incident.save(update_fields=["status", "assignee"])
    events.record("monitoring.incident_assigned", incident, by=by, chain=incident.chain, assignee=to.pk)
    return incident


@transaction.atomic
def silence(incident: Incident, *, until: datetime, reason: str, by: User) -> Incident:
    """
    Let it ask for nobody until then; it stays open, and is back in the inbox by itself. A new
    silence takes the place of the former. Raises NotAllowed, WrongState, ValidationError.
    """
    incident = _open_one(incident, by)
    now = timezone.now()
    if not now < until <= now + LONGEST_SILENCE:
        raise ValidationError({"until": _("A silence ends within the next 30 days.")})
    incident.silenced_until, incident.silenced_by, incident.silence_reason = until, by, reason
    incident.save(update_fields=["silenced_until", "silenced_by", "silence_reason"])
    events.record(
        "monitoring.incident_silenced",
        incident,
        by=by,
        chain=incident.chain,
        until=until.isoformat(),
        detail={"reason": reason},
    )
    return incident


@transaction.atomic
def resolve(incident: Incident, *, resolution: str, reason: str, by: User) -> Incident:
    """Close it, saying how and why. The next window that breaches opens a new one."""
    incident = _locked(incident, Status.RESOLVED, by)
    incident.status, incident.resolved_by, incident.resolved_at = Status.RESOLVED, by, timezone.now()
    incident.resolution, incident.resolution_reason = Incident.Resolution(resolution), reason
    incident.save(update_fields=["status", "resolved_by", "resolved_at", "resolution", "resolution_reason"])
    events.record(
        "monitoring.incident_resolved",
        incident,
        by=by,
        chain=incident.chain,
        resolution=incident.resolution,
        windows=incident.windows,
        detail={"reason": reason},
    )
    return incident


def _locked(incident: Incident, to: Status, by: User) -> Incident:
    """The incident, ours until the transaction ends, when this person may move it there."""
    incident = _ours(incident, by)
    if to not in MOVES[Status(incident.status)]:
        raise _already(incident)
    return incident


def _open_one(incident: Incident, by: User) -> Incident:
    incident = _ours(incident, by)
    if not incident.is_open:
        raise _already(incident)
    return incident


def _ours(incident: Incident, by: User) -> Incident:
    incident = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("monitor__endpoint__model__project")
        .get(pk=incident.pk)
    )
    if reason := policy.why_not_work_on(incident, by):
        raise NotAllowed(reason)
    return incident


def _already(incident: Incident) -> WrongState:
    return WrongState(_("This incident is already %(status)s.") % {"status": incident.get_status_display()})
