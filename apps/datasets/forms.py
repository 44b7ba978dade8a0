from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.datasets.models import Dataset
from apps.projects import access
from apps.projects.models import Project
from apps.projects.roles import Right


class DatasetForm(forms.ModelForm):
    """Any visible project is understood, those where the person may are offered."""

    class Meta:
        model = Dataset
        fields = ["project", "name", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "name": _("What comes again and again: “loan applications”, say."),
            "description": _("Where the rows come from, what one row is, and who knows more."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project = cast("forms.ModelChoiceField[Project]", self.fields["project"])
        project.queryset = Project.objects.visible_to(user)
        self.offered = access.open_projects_with(Right.EDIT_DATA, user)
        project.widget.choices = [(found.pk, found.name) for found in self.offered]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        project, name = values.get("project"), values.get("name")
        if project and name and project.datasets.filter(name__iexact=name).exists():
            self.add_error("name", _("This project has a dataset of this name already."))
        return values

    def validate_unique(self) -> None:
        """Names are looked at in `clean`, whatever their case."""


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        help_text=_("Any separator, quote, encoding and decimal sign. The first line names the columns."),
    )
    publish = forms.BooleanField(
        label=_("Publish it when it has been read"),
        required=False,
        help_text=_("A published version is what the loop trains on."),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=2000)
    force = forms.BooleanField(required=False)
