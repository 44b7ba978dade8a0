"""The lists of endpoints and of releases."""

from typing import Any

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.core import columns, numbers, ranking
from apps.core.listing import Listing
from apps.deployments import figures, traffic
from apps.deployments.models import Deployment, Endpoint, Release, TrafficSample
from apps.pipelines import lists as runs
from apps.pipelines.models import PipelineRun


def _endpoint(record: Endpoint) -> str:
    return reverse("deployments:endpoint_detail", args=[record.pk])


def _live_version(record: Any) -> str:
    return reverse("registry:version_detail", args=[record.card.live.version_id])


class EndpointList(Listing):
    """Of endpoints with their model and project; each gets `card`, what is known of it now."""

    key = "endpoints"
    always = frozenset({"name"})
    at_first_hidden = frozenset({"model", "address"})
    caption = _("Endpoints")

    name = columns.Name(_("Endpoint"), linkify=_endpoint)
    project = columns.Name(_("Project"), accessor="model__project__name", order_by="model__project__name")
    model = columns.Name(_("Model"), accessor="model__name", order_by="model__name")
    state = columns.Status(_("State"), accessor="card__state", orderable=False)
    live = columns.Word(_("Live version"), accessor="card__live__version__number", linkify=_live_version)
    since = columns.When(_("Live since"), accessor="card__live__live_from", style="relative")
    requests = columns.Number(_("Requests, 24 h"), accessor="card__requests", initial_sort_descending=True)
    errors = columns.Number(_("Errors, 24 h"), accessor="card__errors", initial_sort_descending=True)
    latency = columns.Number(_("Latency, p95"), accessor="card__latency", orderable=False, digits=3)
    address = columns.Name(_("Address"), orderable=False)

    def complete(self, records: list[Any]) -> list[Any]:
        for endpoint, card in zip(records, figures.cards(records), strict=True):
            endpoint.card = card
        return records

    def order_live(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, _of_live("version__number"), is_descending=is_descending)

    def order_since(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, _of_live("live_from"), is_descending=is_descending)

    def order_requests(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, _of_last_day("requests"), is_descending=is_descending)

    def order_errors(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, _of_last_day("errors"), is_descending=is_descending)

    def render_state(self, value: str) -> SafeString:
        """Running is well here, not busy."""
        return columns.status("healthy", gettext("Running")) if value == "running" else columns.status(value)

    def render_live(self, value: int) -> str:
        return f"v{value}"

    value_live = render_live

    def render_requests(self, record: Any, value: int) -> SafeString:
        drawn = columns.ui.number(value)
        if not value:
            return drawn
        line = columns.sparkline(record.card.last_day.requests, gettext("Requests per hour"))
        return format_html("{} {}", line, drawn)

    def render_errors(self, value: int) -> SafeString:
        if not value:
            return columns.ui.number(value)
        word = ngettext("%(n)s error", "%(n)s errors", value) % {"n": numbers.number(value)}
        icon = columns.ui.icon("alert-circle")
        return format_html('<span class="status tone-bad">{}<span>{}</span></span>', icon, word)

    def render_latency(self, record: Any, value: float) -> SafeString:
        label = gettext("Milliseconds, hour by hour")
        line = columns.sparkline(record.card.last_day.p95_ms, label)
        return format_html("{} {}", line, columns.ui.number(value, "ms", 3))


def _of_live(field: str) -> BaseExpression:
    live = Deployment.objects.live().filter(endpoint=OuterRef("pk"))
    return Subquery(live.values(field)[:1])


def _of_last_day(field: str) -> BaseExpression:
    samples = TrafficSample.objects.filter(endpoint=OuterRef("pk"), at__gte=traffic.first_hour())
    return Coalesce(Subquery(samples.order_by().values("endpoint").values(n=Sum(field))), 0)


def _release(record: Release) -> str:
    return reverse("deployments:release_detail", args=[record.pk])


def _run_of(record: Release) -> PipelineRun:
    return record.pipeline_run


class ReleaseList(Listing):
    """Of releases with their version, model, project, who started them and their run with its steps."""

    key = "releases"
    always = frozenset({"version"})
    caption = _("Releases")

    version = columns.Name(
        _("Version"), linkify=_release, order_by=("version__model__name", "version__number")
    )
    project = columns.Name(
        _("Project"), accessor="version__model__project__name", order_by="version__model__project__name"
    )
    state = columns.Status(_("State"), accessor="pipeline_run__state")
    steps = columns.Part(_("Steps"), "deployments/_release_steps.html")
    how_far = runs.HowFar(run_of=_run_of)
    started_by = columns.Person(_("Started by"), order_by="started_by__name")
    created_at = columns.When(_("Started"), style="relative")
    duration = columns.Duration(_("Took"), accessor="pipeline_run__duration")

    def order_state(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, runs.by_state("pipeline_run__"), is_descending=is_descending)

    def order_duration(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, runs.took("pipeline_run__"), is_descending=is_descending)
