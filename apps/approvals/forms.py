"""What a decider hands in."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DecisionForm(forms.Form):
    """`seen` is the digest of what the page showed: nobody signs anything else."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=4000,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("At least ten characters. It is kept with the decision and read by auditors."),
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class WithdrawForm(forms.Form):
    reason = forms.CharField(max_length=2000, min_length=10)
