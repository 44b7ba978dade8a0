"""What Celery runs: ids in, one call."""

from celery import shared_task

from apps.pipelines import delivering, executing


@shared_task(name="pipelines.run_step")
def run_step(step_id: int) -> None:
    executing.execute(step_id)


@shared_task(name="pipelines.deliver")
def deliver(delivery_id: int) -> None:
    delivering.deliver(delivery_id)


@shared_task(name="pipelines.run_periodic")
def run_periodic(name: str) -> None:
    delivering.run_periodic(name)
