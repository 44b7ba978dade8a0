from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import ApiToken, User
from apps.accounts.zones import ZONES


class WelcomeForm(forms.Form):
    """The first steps of somebody who was invited."""

    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(label=_("Name"), max_length=100)
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. A few words together are good."),
    )
    repeated = forms.CharField(
        label=_("Password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, known_email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known_email:
            del self.fields["email"]
        self.known_email = known_email

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        password = values.get("password")
        if password and password != values.get("repeated"):
            self.add_error("repeated", _("The two passwords are not the same."))
        if password:
            self._check(password, values)
        return values

    def _check(self, password: str, values: dict[str, Any]) -> None:
        person = User(email=self.known_email or values.get("email", ""), name=values.get("name", ""))
        try:
            validate_password(password, person)
        except forms.ValidationError as error:
            self.add_error("password", error)


class ProfileForm(forms.ModelForm):
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("as the browser has it")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=[("", _("the portal's")), *((zone, zone) for zone in sorted(ZONES))],
    )

    class Meta:
        model = User
        fields = ["name", "language", "time_zone"]


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"))
    global_role = forms.ChoiceField(
        label=_("Role across projects"), required=False, choices=User.GlobalRole.choices
    )


class GlobalRoleForm(forms.Form):
    global_role = forms.ChoiceField(required=False, choices=User.GlobalRole.choices)


class TokenForm(forms.Form):
    label = forms.CharField(
        label=_("Label"), max_length=80, help_text=_("What uses it, for example “nightly upload”.")
    )
    scope = forms.ChoiceField(label=_("Scope"), choices=ApiToken.Scope.choices)
    days = forms.TypedChoiceField(
        label=_("Lifetime"),
        coerce=int,
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("1 year"))],
        initial=30,
    )

    @property
    def lifetime(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])
