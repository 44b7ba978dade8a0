"""Judge complete windows, each once, and raise an incident when a breach lasts."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.audit import events
from apps.core.actors import System
from apps.deployments.models import Deployment
from apps.monitoring import alarms, counting, drift, spool
from apps.monitoring.histograms import WindowCounts
from apps.monitoring.metrics import DriftSettings
from apps.monitoring.models import Baseline, CaptureFile, Monitor, WindowResult
from apps.monitoring.windows import Window, complete_windows

MOST_WINDOWS = 200
"""Windows of one monitor judged at a time; a portal that was away catches up bit by bit."""
BY = System("monitoring")

Verdict = WindowResult.Verdict


def run() -> None:
    """Periodic: what became complete since the last time."""
    monitors = Monitor.objects.filter(is_enabled=True).select_related("endpoint__model__project", "owner")
    for monitor in monitors:
        check(monitor, timezone.now())


def check(monitor: Monitor, now: datetime) -> list[WindowResult]:
    """The monitor's due windows. None while captured rows still wait to be counted."""
    length = timedelta(seconds=monitor.window_seconds)
    lateness = timedelta(seconds=monitor.lateness_seconds)
    since = monitor.checked_until or monitor.created_at
    due = complete_windows(since, now, length, lateness)[:MOST_WINDOWS]
    if not due or _rows_wait(monitor):
        return []
    deployments = _deployments(monitor, due)
    judged = []
    for window in due:
        judged += _judge(monitor, window, deployments)
    return judged


def settings_of(monitor: Monitor) -> DriftSettings:
    """What the owner chose; unknown keys of an older portal are left out."""
    known = {field.name for field in fields(DriftSettings)}
    chosen: dict[str, Any] = {key: value for key, value in monitor.thresholds.items() if key in known}
    for name in ("number_metrics", "category_metrics", "columns"):
        if chosen.get(name) is not None:
            chosen[name] = tuple(chosen[name])
    return DriftSettings(**chosen)


def _rows_wait(monitor: Monitor) -> bool:
    waiting = CaptureFile.objects.accepted().filter(
        endpoint=monitor.endpoint, is_counted=False, deployment__version__baseline__isnull=False
    )
    return waiting.exists() or spool.holds_sealed(monitor.endpoint)


def _deployments(monitor: Monitor, due: Sequence[Window]) -> list[tuple[Deployment, Baseline]]:
    """Those that answered in these windows and have a baseline, newest first."""
    found = (
        monitor.endpoint.deployments.filter(live_from__lt=due[-1].end, version__baseline__isnull=False)
        .exclude(live_to__lte=due[0].start)
        .select_related("version__baseline", "version__training_run", "endpoint__model__project")
    )
    return [(deployment, deployment.version.baseline) for deployment in found]


def _judge(
    monitor: Monitor, window: Window, deployments: list[tuple[Deployment, Baseline]]
) -> list[WindowResult]:
    """One window, for each deployment that answered in it; all of it or nothing."""
    found = []
    for deployment, row in deployments:
        if not _answered_in(deployment, window):
            continue
        baseline = counting.baseline_of(row.digest)
        counts = counting.summed(deployment, window.start, window.end, baseline)
        # A version that was just replaced and answered nothing is no gap in the data.
        if counts.rows or deployment.live_to is None:
            found.append((deployment, row, counts))
    with transaction.atomic():
        results = [_result(monitor, window, *one) for one in found]
        Monitor.objects.filter(pk=monitor.pk).update(checked_until=window.end)
    return [result for result in results if result]


def _answered_in(deployment: Deployment, window: Window) -> bool:
    begun, ended = deployment.live_from, deployment.live_to
    return begun is not None and begun < window.end and (ended is None or ended > window.start)


def _result(
    monitor: Monitor, window: Window, deployment: Deployment, row: Baseline, counts: WindowCounts
) -> WindowResult | None:
    baseline = counting.baseline_of(row.digest)
    features = drift.compare(baseline, counts, settings_of(monitor)) if counts.rows else []
    overall = drift.overall(features)
    result, is_new = WindowResult.objects.get_or_create(
        monitor=monitor,
        deployment=deployment,
        start=window.start,
        defaults={
            "end": window.end,
            "rows": counts.rows,
            "verdict": Verdict(overall.verdict) if counts.rows else Verdict.NO_DATA,
            "is_breach": bool(overall.drifted or overall.faulty),
            "features": [feature.as_json() for feature in features],
        },
    )
    if not is_new:
        return None
    before = _verdict_before(result)
    if result.is_breach or result.verdict != before:
        _record(result, before, overall)
    alarms.consider(result, features, counts, baseline)
    return result


def _verdict_before(result: WindowResult) -> str:
    earlier = WindowResult.objects.filter(monitor=result.monitor, start__lt=result.start)
    return earlier.order_by("-start").values_list("verdict", flat=True).first() or ""


def _record(result: WindowResult, before: str, overall: drift.Overall) -> None:
    events.record(
        "monitoring.window_judged",
        result,
        by=BY,
        chain=result.deployment.chain,
        project=result.monitor.project,
        verdict=result.verdict,
        before=before,
        rows=result.rows,
        drifted=len(overall.drifted),
        faulty=len(overall.faulty),
    )
