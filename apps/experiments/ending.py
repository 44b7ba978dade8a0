"""What follows the end of a training, in the transaction that ends it."""

from django.urls import reverse

from apps.audit import events
from apps.audit.models import Event
from apps.core.actors import System
from apps.core.said import Said
from apps.core.saying import later as _
from apps.experiments import runs
from apps.experiments.models import TrainingRun
from apps.notifications import sending
from apps.pipelines import runs as starting
from apps.pipelines.models import PipelineRun, State


def tell(pipeline_run: PipelineRun) -> None:
    """Record how it ended, for those who wait for it; tell the starter when it failed."""
    run = TrainingRun.objects.select_related("experiment__project", "started_by").get(
        pipeline_run=pipeline_run
    )
    event = events.record(
        "experiments.run_finished",
        run,
        by=System(f"pipeline:{pipeline_run.kind}"),
        chain=pipeline_run.chain,
        state=pipeline_run.state,
        artifact_digest=run.artifact_digest,
        **runs.facts(run),
    )
    if pipeline_run.state == State.SUCCEEDED:
        by = System(f"pipeline:{pipeline_run.kind}")
        starting.start("logging", run, project=run.project, by=by, chain=pipeline_run.chain)
    if pipeline_run.state == State.FAILED:
        _tell_starter(event, run, pipeline_run.failure)


def _tell_starter(event: Event, run: TrainingRun, failure: Said) -> None:
    sending.notify(
        event,
        [run.started_by],
        kind="experiments.run_failed",
        subject=_("The training failed: %(run)s", run=run),
        body=failure,
        path=reverse("experiments:run_detail", args=[run.pk]),
    )
