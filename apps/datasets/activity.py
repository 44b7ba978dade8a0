"""Who did what with a dataset last, read from the events."""

import json
from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.audit.models import Event
from apps.core.said import revived

MOST: Final = 15
_SAID: Final[dict[str, tuple[str | Promise, str]]] = {
    "datasets.dataset_created": (_("created the dataset"), "plus"),
    "datasets.upload_received": (_("handed in %(object)s"), "upload"),
    "datasets.upload_refused": (_("had %(object)s refused"), "hand-stop"),
    "datasets.version_created": (_("made %(object)s"), "versions"),
    "datasets.version_published": (_("published %(object)s"), "circle-check"),
    "datasets.version_quarantined": (_("put %(object)s into quarantine"), "alert-octagon"),
    "datasets.version_withdrawn": (_("withdrew %(object)s"), "arrow-back-up"),
}


def of(*subjects: models.Model) -> list[dict[str, Any]]:
    """The newest entries about these objects, for `ui/_activity.html`: two queries."""
    about = Q(pk__in=[])
    for subject in subjects:
        about |= Q(object_type=subject._meta.label_lower, object_id=str(subject.pk))
    found = Event.objects.filter(about, name__in=_SAID).select_related("detail").order_by("-pk")[:MOST]
    people = User.objects.in_bulk([event.actor_id for event in found if event.actor_id])
    return [_entry(event, people) for event in found]


def _entry(event: Event, people: dict[int, User]) -> dict[str, Any]:
    said, icon = _SAID[event.name]
    reason = _reason(event)
    text = str(said) % {"object": event.object_label}
    return {
        "by": people.get(event.actor_id or 0),
        "text": f"{text}: “{reason}”" if reason else text,
        "at": event.at,
        "icon": icon,
    }


def _reason(event: Event) -> str:
    detail = getattr(event, "detail", None)
    if detail is None or detail.erased_at:
        return ""
    return str(revived(json.loads(detail.content)).get("reason", ""))
