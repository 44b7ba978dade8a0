"""What people type on the pages of models."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.registry.models import Tier


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class TierForm(forms.Form):
    tier = forms.ChoiceField(label=_("Risk tier"), choices=Tier.choices)
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(choices=[("grant", _("confirm")), ("refuse", _("refuse"))])
