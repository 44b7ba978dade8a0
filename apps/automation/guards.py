"""What keeps a loop from running away: one retraining at a time, pauses, and a count."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.automation.models import Retraining
from apps.core.said import Said
from apps.core.saying import later as _
from apps.monitoring.models import Incident
from apps.pipelines.models import FINAL
from apps.registry.models import RegisteredModel

COOL_DOWN = timedelta(minutes=5)
"""A new version needs some windows before it can be judged."""
MOST_A_DAY = 4
MOST_IN_A_CHAIN = 10
CHAIN_MEMORY = timedelta(days=7)

Outcome = Retraining.Outcome


def why_not_now(model: RegisteredModel) -> Said | None:
    """Holds for people and rules alike: two retrainings of a model would race each other."""
    unfinished = _done(model).filter(
        Q(outcome=Outcome.COLLECTING) | ~Q(training_run__pipeline_run__state__in=FINAL)
    )
    if found := unfinished.first():
        return _(
            "A retraining of this model is under way already, after incident %(n)d.", n=found.incident_id
        )
    return None


def why_not_by_itself(incident: Incident) -> Said | None:
    """Holds for rules alone: a person may know better."""
    model, now = incident.monitor.endpoint.model, timezone.now()
    if reason := why_not_now(model):
        return reason
    done = _done(model)
    if done.filter(decided_at__gt=now - COOL_DOWN).exists():
        return _("This model was retrained less than %(n)d minutes ago.", n=COOL_DOWN.total_seconds() // 60)
    if done.filter(decided_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        return _(
            "This model was retrained %(n)d times within a day; a person should look at why.", n=MOST_A_DAY
        )
    in_chain = Retraining.objects.filter(
        incident__chain=incident.chain, decided_at__gt=now - CHAIN_MEMORY, outcome=Outcome.STARTED
    )
    if in_chain.count() >= MOST_IN_A_CHAIN:
        return _("This line of models retrained itself %(n)d times in a week.", n=MOST_IN_A_CHAIN)
    return None


def _done(model: RegisteredModel) -> QuerySet[Retraining]:
    return Retraining.objects.filter(model=model, outcome__in=[Outcome.COLLECTING, Outcome.STARTED])
