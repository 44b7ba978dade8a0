"""Relay, worker and children in the test's own process: what the portal does, without waiting for anybody."""

import io
import runpy
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from apps.audit import checkpoints, sealing
from apps.deployments import going_live
from apps.deployments.models import Deployment
from apps.pipelines import children, delivering, publishing, waking
from apps.pipelines.context import StepContext
from apps.pipelines.executing import execute

_sent: list[tuple[str, list[int]]] = []


@contextmanager
def working() -> Iterator[None]:
    """Messages are kept here instead of being sent; MLflow and scoring servers are stood in for."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(publishing.app, "send_task", _send))
        stack.enter_context(patch.object(children, "run", _run_here))
        stack.enter_context(patch("apps.tracking.server.is_alive", return_value=True))
        stack.enter_context(patch("apps.gateway.mirroring.mirror"))
        stack.enter_context(
            patch("apps.deployments.verifying._ask", return_value={"rows": 20, "milliseconds": 6.1})
        )
        yield


def until_idle() -> None:
    """Everything that is due, and what follows from it."""
    while _publish():
        while _sent:
            task, arguments = _sent.pop(0)
            _DUTIES[task](arguments[0])
        for deployment in Deployment.objects.filter(state=Deployment.State.DEPLOYING):
            going_live.finish(deployment)


def seal() -> None:
    """As the relay does: decisions wait for a log that is neither sealed nor signed."""
    while sealing.seal_pending():
        pass
    checkpoints.sign_when_due()


def _publish() -> int:
    waking.answer_calls()
    seal()
    return publishing.publish_steps() + publishing.publish_deliveries() + _deploying()


def _deploying() -> int:
    return Deployment.objects.filter(state=Deployment.State.DEPLOYING).count()


def _send(task: str, arguments: list[int], **_options: Any) -> None:
    _sent.append((task, arguments))


_DUTIES = {"pipelines.run_step": execute, "pipelines.deliver": delivering.deliver}


def _run_here(context: StepContext, module: str, job: dict[str, Any], **_limits: Any) -> dict[str, Any]:
    """As children.run, without a process: importing the libraries once is enough for a test."""
    if module == "apps.tracking.logging_child":
        return {"run_id": f"{context.run.pk:032x}"}
    path = context.work_folder / "job.json"
    path.write_text(children.json.dumps(job))
    said = io.StringIO()
    with (
        warnings.catch_warnings(action="ignore"),
        patch.object(sys, "argv", [module, str(path)]),
        redirect_stdout(said),
        suppress(SystemExit),
    ):
        runpy.run_module(module, run_name="__main__")
    child: Any = SimpleNamespace(result=None, refused=None, process=SimpleNamespace(returncode=1))
    for line in said.getvalue().splitlines():
        children._hear(context, child, line, "out")
    return children._answer(child)
