"""How good the model really was, window by window, as soon as labels come. Late ones count too."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction

from apps.core import storage
from apps.monitoring import alarms, counting, joining, performance
from apps.monitoring.baselines import PREDICTED_CLASS, PREDICTED_VALUE, SCORE
from apps.monitoring.captured_table import TIME
from apps.monitoring.causes import Labels
from apps.monitoring.drift import FeatureDrift
from apps.monitoring.models import CaptureFile, GroundTruth, Monitor, WindowResult
from apps.monitoring.performance import Figure
from apps.monitoring.windows import persists
from scoring.signature import Signature

LOOK_BACK = timedelta(days=35)
MOST_WINDOWS = 200
MOST_FILES = 5_000
LEAST_ROWS = 30
"""Fewer labels than this say nothing about a window."""


def run() -> None:
    """Periodic: endpoints that got labels since the last time."""
    for monitor in Monitor.objects.select_related("endpoint__model__project", "owner"):
        newest = (
            GroundTruth.objects.filter(endpoint=monitor.endpoint)
            .order_by("-received_at")
            .values_list("received_at", flat=True)
            .first()
        )
        if newest and (monitor.measured_until is None or newest > monitor.measured_until):
            measure(monitor, newest)


def measure(monitor: Monitor, until: datetime) -> None:
    """Join the labels that are known with the newest windows."""
    results = list(
        WindowResult.objects.filter(monitor=monitor, rows__gt=0, start__gte=until - LOOK_BACK)
        .select_related(
            "monitor__endpoint", "deployment__endpoint", "deployment__version__baseline",
            "deployment__version__training_run",
        )
        .order_by("-start")[:MOST_WINDOWS]
    )  # fmt: skip
    truths = _truths(monitor, results)
    files_left = MOST_FILES
    for result in results:
        tables = list(_tables(result))
        files_left -= len(tables)
        _note(result, tables, truths)
        if files_left <= 0:
            break
    for result in reversed(results):
        _alarm(result)
    Monitor.objects.filter(pk=monitor.pk).update(measured_until=until)


def figures(table: pa.Table, labels: list[str], signature: Signature) -> list[Figure]:
    """The metrics of rows with known labels. Labels that are no numbers are left out of a regression."""
    if signature.task == "regression":
        true = np.array([_number(label) for label in labels])
        known = np.isfinite(true)
        return performance.of_numbers(true[known], table[PREDICTED_VALUE].to_numpy()[known])
    true_labels = np.array(labels, dtype=str)
    predicted = np.array(table[PREDICTED_CLASS].to_pylist(), dtype=str)
    found = performance.of_classes(true_labels, predicted, signature.classes)
    if signature.positive_class is not None and SCORE in table.column_names:
        scores = table[SCORE].to_numpy().astype(np.float64)
        if np.isfinite(scores).all():
            found += performance.of_scores(true_labels == signature.positive_class, scores)
    return found


def _number(label: str) -> float:
    try:
        return float(label)
    except ValueError:
        return float("nan")


def _truths(monitor: Monitor, results: list[WindowResult]) -> dict[str, str]:
    if not results:
        return {}
    truths = GroundTruth.objects.filter(endpoint=monitor.endpoint, received_at__gte=results[-1].start)
    return dict(truths.values_list("correlation_id", "label").iterator(chunk_size=5_000))


def _tables(result: WindowResult) -> Iterator[pa.Table]:
    """The window's captured rows, file by file."""
    files = CaptureFile.objects.in_period(result.start, result.end).filter(deployment=result.deployment)
    start, end = pa.scalar(result.start), pa.scalar(result.end)
    for digest in files.values_list("data_digest", flat=True):
        table = pq.read_table(storage.local_path(digest))
        inside = pc.and_(pc.greater_equal(table[TIME], start), pc.less(table[TIME], end))
        yield table.filter(inside)


def _note(result: WindowResult, tables: list[pa.Table], truths: dict[str, str]) -> None:
    """A window without labels stays unmeasured: nothing is known of it, which is not zero."""
    if not tables:
        return
    rows = pa.concat_tables(tables)
    known, labels = joining.labelled(rows, truths)
    if not labels:
        return
    found = figures(known, labels, Signature.from_json(result.deployment.version.signature))
    result.performance = {
        "figures": [asdict(figure) for figure in found],
        "joined": len(labels),
        "rows": rows.num_rows,
        "rate": len(labels) / rows.num_rows,
        "has_fallen": _has_fallen(result, found),
    }
    result.save(update_fields=["performance"])


def _has_fallen(result: WindowResult, found: list[Figure]) -> bool:
    reference = {one["metric"]: Figure(**one) for one in result.deployment.version.baseline.performance}
    return any(
        figure.n >= LEAST_ROWS and performance.has_fallen(reference[figure.metric], figure)
        for figure in found
        if figure.metric in reference
    )


def _alarm(result: WindowResult) -> None:
    """An incident when the performance has fallen in enough of the last windows with labels."""
    measured = result.performance
    if not measured or not measured["has_fallen"] or not _lasts(result):
        return
    baseline = counting.baseline_of(result.deployment.version.baseline.digest)
    counts = counting.summed(result.deployment, result.start, result.end, baseline)
    if counts.rows == 0:
        return
    features: list[Any] = [FeatureDrift.from_json(feature) for feature in result.features]
    labels = Labels(has_fallen=True, join_rate=measured["rate"], usual_join_rate=_usual_rate(result))
    with transaction.atomic():
        alarms.consider_labels(result, features, counts, baseline, labels)


def _lasts(result: WindowResult) -> bool:
    earlier = _measured_before(result)[: result.monitor.among]
    fallen = [bool(one["has_fallen"]) for one in earlier]
    return persists(fallen[::-1], k=result.monitor.needed, n=result.monitor.among)


def _usual_rate(result: WindowResult) -> float:
    rates = [one["rate"] for one in _measured_before(result)[1:20]]
    return float(np.median(rates)) if rates else result.performance["rate"]


def _measured_before(result: WindowResult) -> list[dict[str, Any]]:
    """The window's own measurement and those before it, newest first."""
    earlier = WindowResult.objects.filter(
        monitor=result.monitor, deployment=result.deployment, start__lte=result.start
    )
    rows = earlier.order_by("-start").values_list("performance", flat=True)[:100]
    return [one for one in rows if one and one["joined"] >= LEAST_ROWS]
