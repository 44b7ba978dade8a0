"""Whether every part of the portal works, for those who are signed in."""

import shutil
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import fsspec
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from kombu import Connection
from kombu.exceptions import OperationalError

from apps.audit import sealing
from apps.deployments import reporting
from apps.deployments.models import Endpoint
from apps.notifications.models import Notice
from apps.pipelines.models import PeriodicJob, State, Step

WORKER_SILENCE = timedelta(minutes=2)
STEP_LATE = timedelta(seconds=60)
DISK_LOW, DISK_OUT = 0.15, 0.05
PATIENCE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One part's state (of core.status_looks) and a sentence."""

    name: str | Promise
    state: str
    sentence: str


def check_all() -> list[Part]:
    """Every part, each asked for at most two seconds."""
    return [Part(name, *check()) for name, check in _CHECKS]


def _database() -> tuple[str, str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return "unreachable", str(error)
    return "healthy", _("%(kind)s answers.") % {"kind": connection.display_name}


def _relay() -> tuple[str, str]:
    """Alive when nothing lies unsealed or unpublished: that is all it is for."""
    now = timezone.now()
    oldest = sealing.oldest_unsealed()
    if oldest and now - oldest > sealing.LATE:
        return "unreachable", _("Events wait to be sealed since %(span)s.") % {"span": timesince(oldest)}
    due = Step.objects.filter(state=State.PENDING, due_at__lt=now - STEP_LATE).order_by("due_at").first()
    if due and due.due_at:
        return "unreachable", _("Work is due since %(span)s and not published.") % {
            "span": timesince(due.due_at)
        }
    return "healthy", _("Nothing waits to be sealed or published.")


def _workers() -> tuple[str, str]:
    last = PeriodicJob.objects.exclude(finished_at=None).order_by("-finished_at").first()
    if last is None or last.finished_at is None:
        return "unknown", _("No worker has finished anything yet.")
    ago = _("The last job was finished %(span)s ago.") % {"span": timesince(last.finished_at)}
    return ("degraded" if timezone.now() - last.finished_at > WORKER_SILENCE else "healthy"), ago


def _broker() -> tuple[str, str]:
    if settings.BROKER_URL.startswith("filesystem"):
        return "healthy", _("Messages go through a folder of this machine.")
    try:
        with Connection(settings.BROKER_URL, connect_timeout=PATIENCE_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=PATIENCE_SECONDS)
    except (OperationalError, OSError):
        return "unreachable", _("The broker does not answer. Nothing is lost; work starts when it is back.")
    return "healthy", _("The broker answers.")


def _tracking() -> tuple[str, str]:
    try:
        _connect_to_tracking()
    except OSError:
        return "unreachable", _("MLflow does not answer. Training waits for it.")
    return "healthy", _("MLflow answers.")


def _connect_to_tracking() -> None:
    if settings.MLFLOW_URL:
        parts = urlsplit(settings.MLFLOW_URL)
        address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        socket.create_connection(address, timeout=PATIENCE_SECONDS).close()
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(PATIENCE_SECONDS)
        client.connect(settings.MLFLOW_SOCKET)


def _storage() -> tuple[str, str]:
    filesystem, root = fsspec.core.url_to_fs(settings.STORAGE_URL)
    probe = f"{root.rstrip('/')}/.probe-{uuid.uuid4().hex}"
    try:
        filesystem.makedirs(root, exist_ok=True)
        filesystem.pipe_file(probe, b"ok")
        filesystem.rm_file(probe)
    except OSError as error:
        return "unreachable", _("Nothing can be written: %(why)s.") % {"why": error.strerror or error}
    return "healthy", _("It can be written to.")


def _disk() -> tuple[str, str]:
    usage = shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else "/")
    share = usage.free / usage.total
    sentence = _("%(free).1f GB of %(all).1f GB are free.") % {
        "free": usage.free / 1e9,
        "all": usage.total / 1e9,
    }
    state = "critical" if share < DISK_OUT else "warning" if share < DISK_LOW else "healthy"
    return state, sentence


def _scoring() -> tuple[str, str]:
    """What the keeper says of the servers that should run; its silence is the worst of all."""
    wanted = list(Endpoint.objects.filter(wanted=Endpoint.Wanted.RUNNING))
    states = [reporting.state_of(endpoint) for endpoint in wanted]
    if "unreachable" in states:
        return "unreachable", _("The keeper does not report; nobody looks after the scoring servers.")
    running = states.count("running")
    sentence = ngettext("%(n)d of %(all)d endpoint runs.", "%(n)d of %(all)d endpoints run.", len(states))
    return ("healthy" if running == len(states) else "degraded"), sentence % {
        "n": running,
        "all": len(states),
    }


def _mail() -> tuple[str, str]:
    failed = Notice.objects.filter(mail=Notice.Mail.FAILED).count()
    late = Notice.objects.filter(mail=Notice.Mail.PENDING, mail_attempts__gt=0).count()
    if failed or late:
        return "degraded", _("%(late)d e-mails are delayed, %(failed)d were given up.") % {
            "late": late,
            "failed": failed,
        }
    return "healthy", _("Nothing is delayed.")


_CHECKS: tuple[tuple[Promise, Callable[[], tuple[str, str]]], ...] = (
    (gettext_lazy("Database"), _database),
    (gettext_lazy("Relay"), _relay),
    (gettext_lazy("Workers"), _workers),
    (gettext_lazy("Broker"), _broker),
    (gettext_lazy("Experiment tracking"), _tracking),
    (gettext_lazy("Scoring servers"), _scoring),
    (gettext_lazy("Storage"), _storage),
    (gettext_lazy("Disk"), _disk),
    (gettext_lazy("E-mail"), _mail),
)
