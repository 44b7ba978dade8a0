"""What stands still or fails in the engine, for those who keep it running."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from apps.audit import sealing
from apps.audit.models import Delivery
from apps.core.said import Said
from apps.pipelines.models import PeriodicJob, PipelineRun, State, Step

QUEUED_LATE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class EngineHealth:
    failed_deliveries: list[Delivery]
    periodic_jobs: list[PeriodicJob]
    late_steps: int
    cleanups_due: int
    log_trouble: Said | None

    @property
    def is_well(self) -> bool:
        failing = any(job.failure for job in self.periodic_jobs)
        return not (
            self.failed_deliveries or failing or self.late_steps or self.cleanups_due or self.log_trouble
        )


def look() -> EngineHealth:
    """In six queries, however much there is."""
    now = timezone.now()
    failed = Delivery.objects.filter(state=Delivery.State.FAILED).select_related("event").order_by("-pk")
    queued = Step.objects.filter(state=State.QUEUED, published_at__lt=now - QUEUED_LATE, publications__gt=1)
    return EngineHealth(
        failed_deliveries=list(failed[:20]),
        periodic_jobs=list(PeriodicJob.objects.order_by("name")),
        late_steps=queued.count(),
        cleanups_due=PipelineRun.objects.filter(finished_at__isnull=False)
        .exclude(cleanup_failure="")
        .count(),
        log_trouble=sealing.why_not_governed(),
    )
