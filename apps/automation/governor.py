"""What happens after an incident by itself: retrain, ask, or keep still, always with the reason."""

from apps.audit.models import Event
from apps.automation import guards, retraining
from apps.automation.models import Retraining
from apps.core.actors import Rule
from apps.core.errors import DomainError, WrongState
from apps.core.said import Said, of_error
from apps.core.saying import later as _
from apps.monitoring.models import Incident
from apps.projects import loop
from apps.projects.models import Arrow, Mode

Outcome = Retraining.Outcome


def on_incident_opened(event: Event) -> None:
    incident = (
        Incident.objects.select_related("monitor__endpoint__model__project")
        .filter(pk=event.object_id)
        .first()
    )
    if incident and incident.is_open and not Retraining.objects.filter(incident=incident).exists():
        decide(incident)


def decide(incident: Incident) -> Retraining | None:
    """None where people alone decide: there the button is all."""
    mode = loop.mode(incident.project, Arrow.RETRAIN)
    if mode == Mode.MANUAL:
        return None
    by = Rule(retraining.RULE, loop.chosen_by(incident.project, Arrow.RETRAIN))
    if not incident.calls_for_retraining:
        return retraining.put_off(incident, Outcome.SUPPRESSED, _why_still(incident), by=by)
    if mode == Mode.SUPERVISED:
        ask = _("The cause calls for retraining; in this project a person starts it.")
        return retraining.put_off(incident, Outcome.ASKED, ask, by=by)
    return _by_itself(incident, by)


def _by_itself(incident: Incident, by: Rule) -> Retraining:
    if reason := guards.why_not_by_itself(incident):
        return retraining.put_off(incident, Outcome.SUPPRESSED, reason, by=by)
    try:
        return retraining.start(incident, by=by)
    except WrongState as not_now:
        return retraining.put_off(incident, Outcome.ASKED, of_error(not_now), by=by)
    except DomainError as refusal:
        return retraining.put_off(incident, Outcome.SUPPRESSED, of_error(refusal), by=by)


def _why_still(incident: Incident) -> Said:
    first = incident.causes[0]["recommendation"] if incident.causes else ""
    reasons = {
        "fix_data": _("The data are at fault, not the model: retraining on them would make it worse."),
        "wait": _("The most likely cause passes by itself or needs labels that are still to come."),
        "roll_back": _("The code changed, not the world: rolling back helps, retraining does not."),
    }
    return reasons.get(first, _("The cause is not one that retraining is known to help against."))
