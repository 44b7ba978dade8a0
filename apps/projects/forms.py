from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.projects.models import Mode, Project
from apps.projects.roles import Role


class ProjectForm(forms.ModelForm):
    class Meta:
        model = Project
        fields = ["name", "purpose", "is_finance_grade", "is_one_person"]
        widgets = {"purpose": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "purpose": _("What decision do the models of this project support, and for whom?"),
            "is_finance_grade": _(
                "Nothing goes live without people's approval, and decisions ask for the password again."
            ),
            "is_one_person": _(
                "One person may hold every role. Only the low and autonomous tiers, and every decision is "
                "marked “no second pair of eyes”."
            ),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("is_finance_grade") and values.get("is_one_person"):
            raise forms.ValidationError(_("A finance-grade project needs more than one person."))
        return values


class MemberForm(forms.Form):
    """Somebody by address: whoever has no account yet is invited."""

    email = forms.EmailField(label=_("E-mail address"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    group = forms.CharField(
        label=_("Approver group"),
        max_length=40,
        required=False,
        help_text=_("For approvers: “risk” or “business”, say. Sign-off rules can ask for one of each."),
    )

    def person(self) -> User | None:
        return User.objects.filter(email__iexact=self.cleaned_data["email"]).first()


class ModeForm(forms.Form):
    mode = forms.ChoiceField(label=_("Runs"), choices=Mode.choices)
