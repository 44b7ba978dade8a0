from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.pipelines.definitions import kinds
from apps.pipelines.models import PipelineRunQuerySet, State
from apps.projects.models import Project

_SHOWN = [state for state in State if state != State.SKIPPED]


class RunFilter(forms.Form):
    """What the list of jobs shows; lives in the query string, so that a view has an address."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    project = forms.ModelChoiceField(Project.objects.none(), label=_("Project"), required=False)

    def __init__(self, *args: Any, projects: QuerySet[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("All")), *kinds().items()]  # type: ignore[attr-defined]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            ("", _("All")),
            *((state.value, state.label) for state in _SHOWN),
        ]
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]
        self.fields["project"].empty_label = _("All")  # type: ignore[attr-defined]

    def narrow(self, runs: PipelineRunQuerySet) -> PipelineRunQuerySet:
        """The runs that match what was chosen well; a choice that does not exist matches nothing."""
        if not self.is_valid():
            return runs.none()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return runs.filter(**chosen)

    @property
    def narrows(self) -> bool:
        return any(self.data.get(name) for name in self.fields)
