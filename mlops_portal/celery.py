"""
Celery as a hint that there is work. The database says what is to be done, so a lost
message loses nothing and a doubled one does nothing twice.
"""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import celeryd_init
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

from apps.core import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")

TRANSPORT_ALIASES["filesystem"] = "mlops_portal.folder_broker:Transport"


def _transport(broker_url: str) -> dict[str, Any]:
    if broker_url.startswith("filesystem"):
        folder = settings.RUN_DIR / "broker"
        for name in ("messages", "control"):
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.1,
        }
    if broker_url.startswith("redis"):
        return {
            "visibility_timeout": 43_200,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
        }
    return {"confirm_publish": True}


app = Celery("mlops_portal")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_transport_options=_transport(settings.BROKER_URL),
    broker_connection_retry_on_startup=True,
    result_backend=None,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=False,
    task_default_queue="quick",
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_max_tasks_per_child=200,
    worker_soft_shutdown_timeout=4,
)
app.autodiscover_tasks(["apps.pipelines"])


@celeryd_init.connect
def refuse_to_start(**_facts: Any) -> None:
    """A worker of Celery runs Django's checks and does not look at what they say."""
    if reasons := list(checks.refusals()):
        sys.exit("\n".join(reasons))
