"""Add taken-in rows to the slices of time that windows are summed from, once each file."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction

from apps.core import storage
from apps.deployments.models import Deployment
from apps.monitoring import histograms
from apps.monitoring.baselines import Baseline
from apps.monitoring.captured_table import ENVELOPE, TIME
from apps.monitoring.histograms import WindowCounts
from apps.monitoring.models import Baseline as BaselineRow
from apps.monitoring.models import CaptureFile, CountsBucket
from apps.monitoring.windows import window_of

HOUR = 3600
MOST_AT_ONCE = 200


@lru_cache(maxsize=16)
def baseline_of(digest: str) -> Baseline:
    """A stored baseline. Kept: it never changes, and every file and window needs it."""
    return Baseline.from_json(storage.read_document(digest))


def count_waiting() -> int:
    """Files that came before their version's baseline was made wait until it is."""
    waiting = (
        CaptureFile.objects.accepted()
        .filter(is_counted=False, deployment__version__baseline__isnull=False)
        .filter(deployment__endpoint__monitor__isnull=False)
        .select_related("deployment__endpoint__monitor", "deployment__version__baseline")
        .order_by("pk")
    )  # fmt: skip
    files = list(waiting[:MOST_AT_ONCE])
    for file in files:
        count(file)
    return len(files)


def count(file: CaptureFile) -> None:
    """Add one file's rows to the buckets they fall into."""
    deployment = file.deployment
    if deployment is None:
        return
    row = BaselineRow.objects.get(version=deployment.version)
    seconds = min(deployment.endpoint.monitor.window_seconds, HOUR)
    table = pq.read_table(storage.local_path(file.data_digest))
    parts = [(start, _counted(part, row)) for start, part in slices(table, seconds)]
    with transaction.atomic():
        if not CaptureFile.objects.filter(pk=file.pk, is_counted=False).update(is_counted=True):
            return
        for start, counts in parts:
            _add(deployment, start, seconds, counts)


def slices(table: pa.Table, seconds: int) -> Iterator[tuple[datetime, pa.Table]]:
    """The table cut at multiples of the slice's length, with each slice's start."""
    stamps = table[TIME].cast(pa.int64())
    numbers = np.asarray(stamps.to_numpy()) // (seconds * 1_000_000)
    for number in np.unique(numbers).tolist():
        start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number * seconds)
        yield window_of(start, timedelta(seconds=seconds)).start, table.filter(pa.array(numbers == number))


def summed(deployment: Deployment, start: datetime, end: datetime, baseline: Baseline) -> WindowCounts:
    """The rows from `start` to before `end`, as counts."""
    buckets = CountsBucket.objects.filter(deployment=deployment, start__gte=start, start__lt=end)
    whole = [bucket for bucket in buckets if bucket.start + timedelta(seconds=bucket.seconds) <= end]
    counts = [WindowCounts.from_bytes(bytes(bucket.counts)) for bucket in whole]
    return histograms.total([one for one in counts if one.baseline == baseline.digest], baseline)


def _counted(part: pa.Table, row: BaselineRow) -> WindowCounts:
    return histograms.count(part, baseline_of(row.digest), time_column=TIME, ignore=ENVELOPE)


def _add(deployment: Deployment, start: datetime, seconds: int, counts: WindowCounts) -> None:
    bucket = (
        CountsBucket.objects.select_for_update()
        .filter(deployment=deployment, start=start, seconds=seconds)
        .first()
    )
    if bucket is None:
        bucket = CountsBucket(deployment=deployment, start=start, seconds=seconds)
    else:
        counts = WindowCounts.from_bytes(bytes(bucket.counts)) + counts
    bucket.rows, bucket.counts = counts.rows, counts.as_bytes()
    bucket.save()
