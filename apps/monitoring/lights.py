"""A monitor's state in three lights: drift, performance, data quality."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.portfolio import Lights
from apps.monitoring.models import Incident, Monitor, MonitorQuerySet, WindowResult

LABELS_COUNT_FOR = timedelta(days=7)
"""Labels come late: the newest window that has some speaks for so long."""
QUALITY = ("null_value_rate_difference", "out_of_bounds_rate", "data_type_error_rate")

Verdict = WindowResult.Verdict


@dataclass(frozen=True, slots=True)
class MonitorState:
    """What a list says of a monitor; `last` is its newest window."""

    last: WindowResult | None
    open_incidents: int
    drift: str
    performance: str
    data_quality: str


def with_newest(monitors: MonitorQuerySet) -> MonitorQuerySet:
    """With `opened`, how many incidents are open, and the ids of its `newest` windows; for `of_rows`."""
    incidents = Incident.objects.open().filter(monitor=OuterRef("pk"))
    opened = incidents.order_by().values("monitor").values(n=Count("pk"))
    labelled_since = timezone.now() - LABELS_COUNT_FOR
    return monitors.annotate(
        opened=Coalesce(Subquery(opened), 0),
        newest=newest_window("pk"),
        newest_measured=newest_window(
            "pk", is_measured=True, start__gte=labelled_since, performance__joined__gt=0
        ),
    )


def of_rows(monitors: Iterable[Any]) -> dict[int, MonitorState]:
    """By monitor id, of monitors from `with_newest`; one query whatever their number."""
    known = list(monitors)
    wanted = {pk for monitor in known for pk in (monitor.newest, monitor.newest_measured) if pk}
    windows = WindowResult.objects.in_bulk(wanted)
    return {
        monitor.pk: _state(windows.get(monitor.newest), windows.get(monitor.newest_measured), monitor.opened)
        for monitor in known
    }


def states(monitors: Iterable[Monitor]) -> dict[int, MonitorState]:
    """By monitor id, in two queries whatever their number."""
    return of_rows(with_newest(Monitor.objects.filter(pk__in=[monitor.pk for monitor in monitors])))


def of_models(user: User, model_ids: Sequence[int]) -> dict[int, Lights]:
    """For the portfolio on the home page."""
    monitors = list(
        Monitor.objects.visible_to(user).filter(endpoint__model__in=model_ids).select_related("endpoint")
    )
    found = states(monitors)
    return {
        monitor.endpoint.model_id: Lights(
            found[monitor.pk].drift,
            found[monitor.pk].performance,
            found[monitor.pk].data_quality,
            reverse("monitoring:monitor_detail", args=[monitor.pk]),
        )
        for monitor in monitors
    }


def faults_in(features: Iterable[dict[str, object]]) -> list[str]:
    """Columns whose data quality broke, of a window's stored features."""
    return [
        str(feature["name"])
        for feature in features
        if feature["verdict"] == "missing_column"
        or any(_is_breached(value) for value in feature["metrics"] if value["name"] in QUALITY)  # type: ignore[attr-defined]
    ]


def _is_breached(value: dict[str, float]) -> bool:
    return value["value"] >= value["effective_threshold"]


def newest_window(field: str, **which: object) -> Subquery:
    """What the monitor's newest window says, found along an index."""
    windows = WindowResult.objects.filter(monitor=OuterRef("pk"), **which).order_by("-start", "-pk")
    return Subquery(windows.values(field)[:1])


def _state(last: WindowResult | None, measured: WindowResult | None, opened: int) -> MonitorState:
    if last is None:
        return MonitorState(None, opened, "", "", "")
    compared = last.verdict in (Verdict.STABLE, Verdict.DRIFTED)
    quality = ("warning" if faults_in(last.features) else "passed") if last.features else ""
    performance = ""
    if measured is not None and measured.performance["figures"]:
        performance = "degraded" if measured.performance["has_fallen"] else "healthy"
    return MonitorState(last, opened, last.verdict if compared else "", performance, quality)
