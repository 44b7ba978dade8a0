from datetime import date, datetime, time
from typing import Any, Final

from django import forms
from django.contrib.auth import get_user_model
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.audit.models import EventQuerySet

_MOST_PEOPLE = 50
# At the ends of the calendar a day's begin has no time in another zone.
_DAYS: Final = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(9000, 1, 1))]


class EventFilter(forms.Form):
    """What the list of events shows; lives in the query string, so that a view has an address."""

    person = forms.CharField(label=_("Person"), required=False, max_length=100)
    object = forms.CharField(
        label=_("Object"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"placeholder": _("part of its name, or type:id")}),
    )
    action = forms.CharField(
        label=_("Action"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"placeholder": _("registry.version_approved, or registry")}),
    )
    project = forms.TypedChoiceField(label=_("Project"), required=False, coerce=int, empty_value=None)
    chain = forms.UUIDField(label=_("Chain"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}), validators=_DAYS
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput({"type": "date"}), validators=_DAYS
    )

    def __init__(self, *args: Any, projects: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = [("", _("All")), *projects.items()]  # type: ignore[attr-defined]

    def narrow(self, events: EventQuerySet) -> EventQuerySet:
        """The events that match; what cannot be read as a filter matches nothing."""
        if not self.is_valid():
            return events.none()
        return events.filter(*(condition for condition in self._conditions() if condition is not None))

    def _conditions(self) -> list[Q | None]:
        said = self.cleaned_data
        return [
            _by(said["person"]) if said["person"] else None,
            _about(said["object"]) if said["object"] else None,
            _named(said["action"]) if said["action"] else None,
            Q(project_id=said["project"]) if said["project"] else None,
            Q(chain=said["chain"]) if said["chain"] else None,
            Q(at__gte=_start_of(said["since"])) if said["since"] else None,
            Q(at__lte=_end_of(said["until"])) if said["until"] else None,
        ]

    @property
    def narrows(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


def _by(text: str) -> Q:
    people = get_user_model()._default_manager.filter(Q(name__icontains=text) | Q(email__icontains=text))
    return Q(actor_id__in=list(people.values_list("pk", flat=True)[:_MOST_PEOPLE]))


def _about(text: str) -> Q:
    kind, colon, number = text.strip().rpartition(":")
    if colon and "." in kind:
        return Q(object_type=kind.lower(), object_id=number)
    return Q(object_label__icontains=text)


def _named(text: str) -> Q:
    return Q(name=text) if "." in text else Q(name__startswith=f"{text}.")


def _start_of(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _end_of(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max))
