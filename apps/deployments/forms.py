"""What people fill in on the pages of releases and endpoints."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.deployments.models import Endpoint

LIFETIMES = {30: _("30 days"), 90: _("90 days"), 365: _("one year")}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=2000)


class RollBackForm(ReasonForm):
    to = forms.IntegerField(min_value=1)


class KeyForm(forms.Form):
    label = forms.CharField(
        label=_("Who uses it"), max_length=80, help_text=_("For example “shop checkout”.")
    )
    days = forms.TypedChoiceField(label=_("Valid for"), coerce=int, choices=list(LIFETIMES.items()))

    @property
    def lifetime(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


class SettingsForm(forms.Form):
    capture = forms.ChoiceField(
        label=_("Capture requests"),
        choices=[
            ("fast", _("Fast: a crash may lose the last second")),
            ("durable", _("Durable: answered when it is on disk")),
            ("off", _("Off: nothing is monitored")),
        ],
    )
    require_key = forms.BooleanField(label=_("Clients need a key"), required=False)

    @classmethod
    def of(cls, endpoint: Endpoint) -> "SettingsForm":
        return cls(initial={"capture": endpoint.capture, "require_key": endpoint.require_key})


class TryForm(forms.Form):
    """One row, its fields made from the version's signature and filled in from a known row."""

    prefix = "input"

    def __init__(self, *args: Any, signature: dict[str, Any], sample: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, feature in enumerate(signature["features"]):
            field = _field(feature)
            field.initial = _plain(sample.get(feature["name"]))
            self.fields[str(number)] = field
        self._names = [feature["name"] for feature in signature["features"]]

    def record(self) -> dict[str, Any]:
        """The row as the scoring server takes it; what is left empty is missing."""
        values = [self.cleaned_data[str(number)] for number in range(len(self._names))]
        return {name: None if value == "" else value for name, value in zip(self._names, values, strict=True)}


def _field(feature: dict[str, Any]) -> forms.Field:
    label = feature["name"]
    if feature["kind"] == "number":
        lowest, highest = feature.get("minimum"), feature.get("maximum")
        seen = "" if lowest is None or highest is None else f"{lowest:.6g} … {highest:.6g}"
        widget = forms.NumberInput(attrs={"step": "any"})
        return forms.FloatField(label=label, required=False, help_text=seen, widget=widget)
    levels = [(level, level) for level in feature.get("categories", ())]
    return forms.ChoiceField(label=label, required=False, choices=[("", _("(missing)")), *levels])


def _plain(value: Any) -> Any:
    """Without the digits that only 32-bit floats have: 0.1158, not 0.11580000072717667."""
    return f"{value:.7g}" if isinstance(value, float) else value
