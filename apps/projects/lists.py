"""The list of projects: how far the loop of each runs by itself."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.core import columns
from apps.core.listing import Listing
from apps.projects import loop
from apps.projects.models import Project


def _address(record: Project) -> str:
    return reverse("projects:project_detail", args=[record.pk])


def _mode(word: Any, arrow: str) -> columns.Status:
    return columns.Status(word, accessor=f"modes__{arrow}", orderable=False)


class ProjectList(Listing):
    """Each project gets `modes`, how each arrow of its loop runs."""

    key = "projects"
    always = frozenset({"name"})
    caption = _("Projects")

    name = columns.Name(_("Project"))
    train = _mode(_("Train"), "train")
    register = _mode(_("Register"), "register")
    release = _mode(_("Release"), "release")
    deploy = _mode(_("Deploy"), "deploy")
    monitor = _mode(_("Monitor"), "monitor")
    retrain = _mode(_("Retrain"), "retrain")
    created_at = columns.When(_("Created"), style="date")

    def complete(self, records: list[Any]) -> list[Any]:
        prefetch_related_objects(records, "arrow_settings")
        for project in records:
            project.modes = {arrow.value: mode for arrow, mode in loop.modes(project).items()}
        return records

    def render_name(self, record: Project) -> SafeString:
        link = format_html('<a href="{}">{}</a>', _address(record), record.name)
        state = columns.status("archived") if record.archived_at else ""
        return format_html("{} {}", link, state)
