"""What the engine forgets, and when. The event log forgets nothing."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from apps.audit.models import Delivery
from apps.pipelines import waking
from apps.pipelines.models import PipelineRun

DONE_DELIVERIES_KEPT = timedelta(days=14)
WORK_KEPT = timedelta(days=3)
LOGS_KEPT = timedelta(days=180)
MOST_AT_ONCE = 5000


def prune() -> None:
    """
    Delete what is past its time: deliveries two weeks after they were done, the work folders of
    attempts three days and logs half a year after their run ended, answered wake calls.

    Deliveries that failed stay until somebody has dealt with them.
    """
    prune_deliveries()
    prune_folders()
    waking.forget_calls()


def prune_deliveries() -> int:
    done = Delivery.objects.filter(
        state=Delivery.State.DONE, due_at__lt=timezone.now() - DONE_DELIVERIES_KEPT
    )
    ids = list(done.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
    return Delivery.objects.filter(pk__in=ids).delete()[0]


def prune_folders() -> int:
    """Folders of runs that ended long ago, and of runs that are no more. Returns how many went."""
    now = timezone.now()
    folders = {int(path.name): path for path in _run_folders()}
    ended = dict(PipelineRun.objects.filter(pk__in=list(folders)).values_list("pk", "finished_at"))
    gone = [path for number, path in folders.items() if number not in ended]
    old = [folders[number] for number, at in ended.items() if at and at < now - LOGS_KEPT]
    work = [
        attempt
        for number, at in ended.items()
        if at and at < now - WORK_KEPT
        for attempt in _attempt_folders(folders[number])
    ]
    for path in [*gone, *old, *work]:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone) + len(old) + len(work)


def _run_folders() -> Iterator[Path]:
    runs = Path(settings.WORK_DIR) / "runs"
    if runs.is_dir():
        yield from (path for path in runs.iterdir() if path.name.isdigit())


def _attempt_folders(run: Path) -> Iterator[Path]:
    """`<run>/<step>/<attempt>`: what attempts made; progress, log and checkpoints lie beside them."""
    yield from (path for path in run.glob("*/*") if path.name.isdigit() and path.is_dir())
