from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.monitoring.models import Incident, Monitor
from apps.monitoring.tuning import Tuning
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right

METRICS = {
    "normalized_wasserstein_distance": _("Numbers: normalised Wasserstein distance"),
    "jensen_shannon_distance": _("Categories: Jensen-Shannon distance"),
    "null_value_rate_difference": _("Change of the share of missing values"),
    "out_of_bounds_rate": _("Share of values outside of what training saw"),
}
DEFAULTS = {
    "normalized_wasserstein_distance": 0.1,
    "jensen_shannon_distance": 0.1,
    "null_value_rate_difference": 0.05,
    "out_of_bounds_rate": 0.01,
}


class PersonChoice(forms.ModelChoiceField):
    """Members of the project whose role works on incidents."""

    def __init__(self, project: Project, **more: Any) -> None:
        people = access.people_with(Right.MONITOR, project)
        super().__init__(User.objects.filter(pk__in=[person.pk for person in people]), **more)

    def label_from_instance(self, obj: User) -> str:
        return obj.name


class TuningForm(forms.Form):
    window_seconds = forms.IntegerField(
        label=_("Window, in seconds"),
        min_value=5,
        max_value=7 * 86_400,
        help_text=_("3600 is an hour, 86400 a day, 604800 a week from Monday to Monday, in UTC."),
    )
    lateness_seconds = forms.IntegerField(
        label=_("Wait for late rows, in seconds"),
        min_value=0,
        max_value=86_400,
        help_text=_("A window is judged, once, when this time has passed after its end."),
    )
    needed = forms.IntegerField(
        label=_("Windows that must breach"),
        min_value=1,
        max_value=50,
        help_text=_("An incident is opened when so many of the last windows breached."),
    )
    among = forms.IntegerField(label=_("… of the last"), min_value=1, max_value=50)
    minimum_rows = forms.IntegerField(
        label=_("Least rows in a window"),
        min_value=30,
        max_value=1_000_000,
        help_text=_("With fewer the verdict is “not enough data”."),
    )
    is_enabled = forms.BooleanField(label=_("Judge windows"), required=False)

    def __init__(self, monitor: Monitor, data: Any = None) -> None:
        thresholds = monitor.thresholds.get("thresholds", {})
        initial = {name: getattr(monitor, name) for name in self.base_fields if hasattr(monitor, name)}
        initial["minimum_rows"] = monitor.thresholds.get("minimum_rows", 100)
        initial |= {name: thresholds.get(name, default) for name, default in DEFAULTS.items()}
        super().__init__(data, initial=initial)
        for name, label in METRICS.items():
            self.fields[name] = forms.FloatField(label=label, min_value=0.001, max_value=10)

    def tuning(self) -> Tuning:
        given = self.cleaned_data
        return Tuning(
            window_seconds=given["window_seconds"],
            lateness_seconds=given["lateness_seconds"],
            needed=given["needed"],
            among=given["among"],
            is_enabled=given["is_enabled"],
            thresholds={
                "minimum_rows": given["minimum_rows"],
                "thresholds": {name: given[name] for name in METRICS},
            },
        )


class OwnerForm(forms.Form):
    def __init__(self, monitor: Monitor, data: Any = None) -> None:
        super().__init__(data)
        self.fields["to"] = PersonChoice(monitor.project, label=_("New owner"))


class AssignForm(forms.Form):
    def __init__(self, incident: Incident, data: Any = None) -> None:
        super().__init__(data)
        self.fields["to"] = PersonChoice(incident.project, label=_("Assign to"))


class ResolveForm(forms.Form):
    resolution = forms.ChoiceField(label=_("How it ended"), choices=Incident.Resolution.choices)
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), strip=True
    )


SILENCES = {1: _("one hour"), 8: _("eight hours"), 24: _("one day"), 168: _("one week")}


class SilenceForm(forms.Form):
    hours = forms.TypedChoiceField(label=_("For"), coerce=int, choices=list(SILENCES.items()))
    reason = forms.CharField(label=_("Reason"), max_length=2000, strip=True)

    # Two forms with a reason stand on the incident's page.
    prefix = "silence"

    @property
    def span(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])


class TruthForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("Columns: correlation_id, label and, if known, label_time."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
