"""Ask for a verification of the whole log, and make those that were asked for."""

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from apps.audit import events, verification
from apps.audit.models import Seal, Verification
from apps.core.actors import Actor, System, label
from apps.core.errors import WrongState
from apps.core.saying import later as _

AT_ONCE_UP_TO = 20_000
STALE_AFTER = timedelta(minutes=30)
_CLOCK = System("clock")


def ask(*, by: Actor) -> Verification:
    """
    Verify the log: at once while it is short, else within a minute by a worker.

    Raises WrongState while another verification is under way.
    """
    with transaction.atomic():
        if _under_way().exists():
            raise WrongState(_("The log is being verified already."))
        asked = Verification.objects.create(requested_by=label(by))
        events.record("audit.verification_asked", asked, by=by)
    if not Seal.objects.filter(sequence__gt=AT_ONCE_UP_TO).exists():
        perform(asked)
    return asked


def perform_asked() -> None:
    """Make what was asked for and not begun; what was begun and never ended is begun again."""
    for asked in _under_way().order_by("pk"):
        perform(asked)


def ask_nightly() -> None:
    if not _under_way().exists():
        ask(by=_CLOCK)


def perform(asked: Verification) -> Verification:
    """Walk the log and write down what was found. Does nothing where somebody else has begun."""
    now = timezone.now()
    mine = Verification.objects.filter(pk=asked.pk, finished_at=None).exclude(
        started_at__gt=now - STALE_AFTER
    )
    if mine.update(started_at=now):
        _write(asked, verification.verify())
    asked.refresh_from_db()
    return asked


@transaction.atomic
def _write(asked: Verification, found: verification.Finding) -> None:
    asked.finished_at = timezone.now()
    asked.sealed, asked.unsealed = found.sealed, found.unsealed
    asked.broken_at, asked.reason = found.broken_at, found.reason
    asked.save(update_fields=["finished_at", "sealed", "unsealed", "broken_at", "reason"])
    events.record(
        "audit.log_verified",
        asked,
        by=System("verification"),
        holds=found.holds,
        sealed=found.sealed,
        broken_at=found.broken_at,
    )


def _under_way() -> models.QuerySet[Verification]:
    return Verification.objects.filter(finished_at=None, requested_at__gt=timezone.now() - timedelta(days=1))
