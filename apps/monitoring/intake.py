"""
Take captured segments in: believed, made Parquet, noted with their digest, exactly once.

A segment is a fact of its own: its row is unique, the file leaves the spool after the commit, and
a crash between the two only means that the file is found, known already, and removed.
"""

import logging
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.db import transaction

from apps.audit import events
from apps.core import canonical, storage
from apps.core.actors import System
from apps.core.said import Said, of_error
from apps.core.saying import later as _
from apps.deployments import keys
from apps.deployments.models import Deployment, Endpoint
from apps.monitoring import captured_table, counting, spool
from apps.monitoring.models import CaptureFile
from scoring import segments
from scoring.segments import Segment, SegmentRefused
from scoring.signature import Signature
from scoring.tickets import short_id

MOST_AT_ONCE = 100
LARGEST_BYTES = 512 * 1024**2
BEFORE_LIVE = timedelta(seconds=5)
"""Clocks of two machines differ a little."""
AFTER_LIVE = timedelta(minutes=2)
"""Requests that were under way when another version went live are answered by the old one."""
BY = System("capture intake")
log = logging.getLogger(__name__)


def run() -> None:
    """Periodic: everything that lies in the spools now, then what is not counted yet."""
    taken = 0
    for endpoint in Endpoint.objects.select_related("model__project").order_by("pk"):
        for path in spool.sealed(endpoint):
            if taken >= MOST_AT_ONCE:
                break
            take_in(path, endpoint)
            taken += 1
    counting.count_waiting()


def take_in(path: Path, endpoint: Endpoint) -> CaptureFile:
    """One segment. What cannot be believed is refused with the reason and set aside."""
    name = spool.name_of(path, endpoint)
    known = CaptureFile.objects.filter(segment=name).first()
    if known is None:
        digest = canonical.file_digest(path)
        try:
            known = _accept(path, name, endpoint, digest)
        except (SegmentRefused, ValueError) as reason:
            known = _refuse(name, endpoint, digest, of_error(reason))
    if known.refused:
        spool.set_aside(path, endpoint)
    else:
        path.unlink(missing_ok=True)
    return known


def _accept(path: Path, name: str, endpoint: Endpoint, digest: str) -> CaptureFile:
    if path.stat().st_size > LARGEST_BYTES:
        raise SegmentRefused(_("%(file)s is larger than any server seals.", file=path.name))
    segment = segments.read(path, keys.capture_key())
    deployment = _deployment(name, endpoint)
    records = list(segment.records())
    times = [captured_table.moment(record) for record in records]
    _check(records, times, segment, deployment)
    data_digest = _stored(records, deployment)
    return _note(name, digest, data_digest, segment, deployment, times)


def _deployment(name: str, endpoint: Endpoint) -> Deployment:
    source, _slash, rest = name.partition("/")
    number = rest.partition("/")[0]
    if source != endpoint.name or not number.isdecimal():
        raise SegmentRefused(_("The segment is of “%(other)s”, not of this endpoint.", other=source))
    deployments = endpoint.deployments.select_related("version", "endpoint__model__project")
    found = deployments.filter(pk=int(number)).first()
    if found is None or found.live_from is None:
        raise SegmentRefused(_("Deployment %(number)s never answered at this endpoint.", number=number))
    return found


def _check(
    records: Sequence[dict[str, Any]], times: list[datetime], segment: Segment, deployment: Deployment
) -> None:
    """Digest, ticket and period of every row: which model answered is no matter of belief."""
    if len(records) != segment.rows:
        raise SegmentRefused(_("The segment does not hold as many rows as its seal says."))
    if {record["digest"] for record in records} - {deployment.package_digest}:
        raise SegmentRefused(_("Rows were answered by another package than the one that is deployed."))
    if {record["ticket"] for record in records} - {short_id(deployment.ticket)}:
        raise SegmentRefused(_("Rows were answered under another ticket than the deployment's."))
    if times and not _within(min(times), max(times), deployment):
        raise SegmentRefused(_("Rows are from a time when this deployment was not live."))


def _within(first: datetime, last: datetime, deployment: Deployment) -> bool:
    begun, ended = deployment.live_from, deployment.live_to
    return (begun is None or first >= begun - BEFORE_LIVE) and (ended is None or last <= ended + AFTER_LIVE)


def _stored(records: list[dict[str, Any]], deployment: Deployment) -> str:
    table = captured_table.table(records, Signature.from_json(deployment.version.signature))
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        pq.write_table(table, file.name, compression="zstd")
        return storage.put_file(Path(file.name))


@transaction.atomic
def _note(
    name: str,
    digest: str,
    data_digest: str,
    segment: Segment,
    deployment: Deployment,
    times: list[datetime],
) -> CaptureFile:
    file, is_new = CaptureFile.objects.get_or_create(
        segment=name,
        defaults={
            "endpoint": deployment.endpoint,
            "deployment": deployment,
            "segment_sha256": digest,
            "data_digest": data_digest,
            "rows": segment.rows,
            "first_at": min(times, default=None),
            "last_at": max(times, default=None),
        },
    )
    if is_new:
        events.record(
            "monitoring.capture_taken_in",
            file,
            by=BY,
            chain=deployment.chain,
            sha256=digest,
            data=data_digest,
            deployment=deployment.pk,
            rows=segment.rows,
            torn=segment.torn,
            lost=segment.lost,
        )
    return file


@transaction.atomic
def _refuse(name: str, endpoint: Endpoint, digest: str, reason: Said) -> CaptureFile:
    log.warning("segment %s is refused: %s", name, reason)
    file, is_new = CaptureFile.objects.get_or_create(
        segment=name,
        defaults={"endpoint": endpoint, "segment_sha256": digest, "rows": 0, "refused": reason},
    )
    if is_new:
        detail = {"reason": reason}
        events.record("monitoring.capture_refused", file, by=BY, sha256=digest, detail=detail)
    return file
