"""The lists of monitors and of incidents."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core import columns, ranking
from apps.core.listing import Listing
from apps.monitoring import cause_words, lights, owners
from apps.monitoring.models import Incident, Monitor, WindowResult

Verdict = WindowResult.Verdict
_COMPARED = (Verdict.DRIFTED, Verdict.STABLE)
_WORST_FIRST = (Verdict.DRIFTED, Verdict.NO_DATA, Verdict.NOT_ENOUGH_DATA, Verdict.STABLE)


def _monitor(record: Monitor) -> str:
    return reverse("monitoring:monitor_detail", args=[record.pk])


def _open_incidents(value: int, record: Monitor) -> str | None:
    return f"{reverse('monitoring:incident_list')}?project={record.project.pk}" if value else None


class MonitorList(Listing):
    """Of monitors from `lights.with_newest`; each gets its `lights` and `is_orphan`."""

    key = "monitors"
    css = "tight"
    always = frozenset({"endpoint"})
    at_first_hidden = frozenset({"created_at"})
    caption = _("Monitors")

    endpoint = columns.Name(_("Endpoint"), order_by="endpoint__name")
    project = columns.Name(
        _("Project"), accessor="endpoint__model__project__name", order_by="endpoint__model__project__name"
    )
    drift = columns.Light(_("Drift"), accessor="lights__drift")
    performance = columns.Light(_("Performance"), accessor="lights__performance", orderable=False)
    data_quality = columns.Light(_("Data quality"), accessor="lights__data_quality", orderable=False)
    verdict = columns.Light(_("Last window"), accessor="lights__last__verdict")
    ended = columns.When(_("Window ended"), accessor="lights__last__end", style="relative")
    rows_in_it = columns.Number(_("Rows in it"), accessor="lights__last__rows")
    opened = columns.Number(_("Open incidents"), linkify=_open_incidents, initial_sort_descending=True)
    owner = columns.Person(_("Owner"), order_by="owner__name")
    created_at = columns.When(_("Watched since"), style="date")

    def complete(self, records: list[Any]) -> list[Any]:
        found = lights.of_rows(records)
        orphans = {monitor.pk for monitor in owners.without_owner(self.part_context["user"], records)}
        for monitor in records:
            monitor.lights, monitor.is_orphan = found[monitor.pk], monitor.pk in orphans
        return records

    def render_endpoint(self, record: Monitor) -> SafeString:
        link = format_html('<a href="{}">{}</a>', _monitor(record), record.endpoint)
        return link if record.is_enabled else format_html("{} {}", link, columns.status("paused"))

    def render_owner(self, record: Any, bound_column: Any) -> SafeString:
        person = bound_column.column.render(record.owner)
        if not record.is_orphan:
            return person
        return format_html("{} {}", person, columns.status("warning", gettext("has left")))

    def order_drift(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return _by_verdict(queryset, _COMPARED, is_descending=is_descending)

    def order_verdict(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return _by_verdict(queryset, _WORST_FIRST, is_descending=is_descending)

    def order_ended(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, lights.newest_window("end"), is_descending=is_descending)

    def order_rows_in_it(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, lights.newest_window("rows"), is_descending=is_descending)


def _by_verdict(monitors: Any, verdicts: Sequence[str], *, is_descending: bool) -> tuple[Any, bool]:
    judged = monitors.alias(newest_verdict=lights.newest_window("verdict"))
    place = ranking.place("newest_verdict", verdicts)
    return ranking.ordered(judged, place, is_descending=is_descending)


def _incident(record: Incident) -> str:
    return reverse("monitoring:incident_detail", args=[record.pk])


def _monitor_of(record: Incident) -> str:
    return reverse("monitoring:monitor_detail", args=[record.monitor_id])


class IncidentList(Listing):
    """Of incidents with their monitor, endpoint, project and assignee."""

    key = "incidents"
    always = frozenset({"number", "cause"})
    at_first_hidden = frozenset({"project", "silenced_until", "resolution", "resolved_at"})
    caption = _("Incidents")

    number = columns.Word(_("Number"), accessor="pk", order_by="pk", linkify=_incident)
    status = columns.Status(_("Status"))
    cause = columns.Word(_("Cause"), linkify=_incident)
    sentence = columns.Name(_("What"), orderable=False, longest=160)
    endpoint = columns.Name(
        _("Endpoint"), accessor="monitor__endpoint", order_by="monitor__endpoint__name", linkify=_monitor_of
    )
    project = columns.Name(
        _("Project"), accessor="monitor__project__name", order_by="monitor__endpoint__model__project__name"
    )
    windows = columns.Number(_("Windows"), initial_sort_descending=True)
    assignee = columns.Person(_("Assignee"), order_by="assignee__name")
    opened_at = columns.When(_("Opened"), style="relative")
    silenced_until = columns.When(_("Silenced until"))
    resolution = columns.Word(_("Resolution"))
    resolved_at = columns.When(_("Resolved"), style="relative")

    def render_status(self, record: Incident) -> SafeString:
        drawn = columns.status(record.status)
        return format_html("{} {}", drawn, columns.status("silenced")) if record.is_silenced else drawn

    def render_cause(self, value: str) -> str:
        return str(cause_words.CAUSES.get(value, value))

    value_cause = render_cause

    def order_status(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        place = ranking.place("status", Incident.Status.values)
        return ranking.ordered(queryset, place, is_descending=is_descending)
