"""Change what a monitor looks at: its window, how sure it must be, and when it speaks up."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events
from apps.core.errors import NotAllowed
from apps.monitoring import policy
from apps.monitoring.models import Monitor

HOUR = 3600
FIELDS = ("window_seconds", "lateness_seconds", "needed", "among", "is_enabled")


@dataclass(frozen=True, slots=True)
class Tuning:
    """The settings as people give them; `thresholds` are keys of metrics.DriftSettings."""

    window_seconds: int
    lateness_seconds: int
    needed: int
    among: int
    is_enabled: bool
    thresholds: dict[str, object]

    def check(self) -> None:
        """Raise ValidationError with the field that does not fit."""
        if self.window_seconds > HOUR and self.window_seconds % HOUR:
            raise ValidationError(
                {"window_seconds": _("A window longer than an hour must be a whole number of hours.")}
            )
        if self.window_seconds <= HOUR and HOUR % self.window_seconds:
            raise ValidationError(
                {"window_seconds": _("A shorter window must fit into an hour a whole number of times.")}
            )
        if self.needed > self.among:
            raise ValidationError({"needed": _("Not more windows can be needed than are looked at.")})


@transaction.atomic
def change(monitor: Monitor, tuning: Tuning, *, by: User) -> Monitor:
    """Set it, from the next window on. Raises NotAllowed, ValidationError."""
    monitor = Monitor.objects.select_for_update(of=("self",)).get(pk=monitor.pk)
    if reason := policy.why_not_change(monitor, by):
        raise NotAllowed(reason)
    tuning.check()
    before = _facts(monitor)
    for field in FIELDS:
        setattr(monitor, field, getattr(tuning, field))
    monitor.thresholds = {**monitor.thresholds, **tuning.thresholds}
    monitor.save(update_fields=[*FIELDS, "thresholds"])
    events.record("monitoring.monitor_changed", monitor, by=by, before=before, after=_facts(monitor))
    return monitor


def _facts(monitor: Monitor) -> dict[str, object]:
    return {**{field: getattr(monitor, field) for field in FIELDS}, "thresholds": dict(monitor.thresholds)}
