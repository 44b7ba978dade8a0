"""Erase the personal part of an event. The chain stays whole: it holds only the part's salted hash."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import events, reading
from apps.audit.models import Event, EventDetail
from apps.audit.verification import ERASED
from apps.core.errors import NotAllowed, WrongState


@transaction.atomic
def erase(event: Event, *, by: reading.Reader) -> None:
    """
    Erase reasons, names and addresses of one event, for good; the log tells who did so.

    Only administrators may. Raises NotAllowed, WrongState when there is nothing to erase.
    """
    if not by.is_administrator:
        raise NotAllowed(_("Only administrators erase personal data from the event log."))
    detail = EventDetail.objects.select_for_update().filter(event=event, erased_at=None).first()
    if detail is None:
        raise WrongState(_("This event has no detail that could be erased."))
    detail.salt, detail.content, detail.erased_at = "", "", timezone.now()
    detail.save(update_fields=["salt", "content", "erased_at"])
    events.record(ERASED, event, by=by, chain=event.chain)
