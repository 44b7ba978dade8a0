"""From one answered request back to the model, who approved it, and the data it learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.accounts.models import User
from apps.approvals.models import Decision
from apps.deployments.models import Deployment
from apps.monitoring import captured_rows
from apps.monitoring.models import CaptureFile

AROUND = timedelta(minutes=2)
"""A row's time is when its request came, its id is made a moment later."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One captured row's envelope, and what stood behind the answer then."""

    request_id: str
    correlation_id: str
    at: datetime
    latency_ms: float
    digest: str
    ticket: str
    file: CaptureFile
    deployment: Deployment
    decisions: Sequence[Decision]


def trace(text: str, *, reader: User) -> list[Trace]:
    """
    The captured rows of a request id, or of a caller's correlation id, that the reader may see.

    The server's ids hold their time, so that only the files of that time are opened; other ids
    are looked for in the newest files (captured_rows.MOST_FILES).
    """
    text = text.strip()
    if not text:
        return []
    found = list(captured_rows.find(_files(text, reader), text))[:50]
    return [_traced(one) for one in found]


def _files(text: str, reader: User) -> list[CaptureFile]:
    files = (
        CaptureFile.objects.accepted()
        .visible_to(reader)
        .select_related(
            "endpoint__model__project",
            "deployment__proposal",
            "deployment__deployed_by",
            "deployment__version__model__project",
            "deployment__version__training_run__experiment",
            "deployment__version__training_run__dataset_version__dataset",
        )
        .order_by("-last_at")
    )
    made_at = captured_rows.time_in(text)
    if made_at is not None:
        near = list(files.filter(first_at__lte=made_at + AROUND, last_at__gte=made_at - AROUND))
        if near:
            return near
    return list(files[: captured_rows.MOST_FILES])


def _traced(found: captured_rows.Found) -> Trace:
    deployment = found.file.deployment
    if deployment is None:
        raise LookupError("A taken-in file has a deployment.")
    row = found.row
    return Trace(
        request_id=row["request.id"],
        correlation_id=row["request.correlation_id"],
        at=row["request.time"],
        latency_ms=row["request.latency_ms"],
        digest=row["request.digest"],
        ticket=row["request.ticket"],
        file=found.file,
        deployment=deployment,
        decisions=list(deployment.proposal.decisions.select_related("person")),
    )
