from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.monitoring import intake
from apps.monitoring.models import Monitor
from apps.projects.models import Project
from apps.projects.roles import Role
from tests.access import ADMINISTRATOR, action, api_action, api_page, page
from tests.factories_monitoring import applications, capture, judged, live_deployment, monitored, opened

NO_READERS = dict.fromkeys((Role.DATA_ENGINEER, Role.APPROVER, Role.VIEWER, ADMINISTRATOR), 403)
SENDERS = (Role.DATA_ENGINEER, Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER)
WORKERS = (Role.ML_OPS_ENGINEER,)


def monitor(project: Project) -> dict[str, Any]:
    return {"pk": monitored(project).pk}


def column(project: Project) -> dict[str, Any]:
    found = monitored(project)
    feature = {
        "name": "income", "role": "feature", "kind": "number", "verdict": "stable", "n_reference": 1,
        "n_window": 1, "rows": 1, "metrics": [], "q_value": None, "new_levels": None,
    }  # fmt: skip
    judged(found, features=[feature])
    return {"pk": found.pk, "column": "income"}


def unmonitored(project: Project) -> dict[str, Any]:
    return {"endpoint_pk": live_deployment(project).endpoint_id}


def endpoint(project: Project) -> dict[str, Any]:
    return {"pk": live_deployment(project).endpoint_id}


def incident(project: Project) -> dict[str, Any]:
    return {"pk": opened(monitored(project)).pk}


def captured_request(project: Project) -> dict[str, Any]:
    found = monitored(project)
    deployment = found.endpoint.deployments.get()
    start = found.checked_until + timedelta(minutes=1)
    (record,) = capture(deployment, applications(1, seed=1), start=start)
    intake.run()
    return {"request_id": record["id"]}


def settings(project: Project) -> dict[str, Any]:
    given = {"window_seconds": 900, "lateness_seconds": 5, "needed": 1, "among": 2, "minimum_rows": 50}
    return given | {
        "normalized_wasserstein_distance": 0.2, "jensen_shannon_distance": 0.2,
        "null_value_rate_difference": 0.1, "out_of_bounds_rate": 0.1,
    }  # fmt: skip


def labels(project: Project) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("truth.csv", b"correlation_id,label\nx,yes\n")}


def end(project: Project) -> dict[str, Any]:
    return {"resolution": "other", "reason": "seen"}


def pause(project: Project) -> dict[str, Any]:
    return {"silence-hours": "8", "silence-reason": "known"}


def pause_until(project: Project) -> dict[str, Any]:
    return {"until": (timezone.now() + timedelta(hours=1)).isoformat(), "reason": "known"}


def person(project: Project) -> dict[str, Any]:
    return {"to": Monitor.objects.filter(endpoint__model__project=project).latest("pk").owner.email}


ROWS = {
    "monitoring:monitor_list": page(),
    "monitoring:start": action(unmonitored, *WORKERS),
    "monitoring:monitor_detail": page(monitor),
    "monitoring:monitor_column": page(column),
    "monitoring:monitor_settings": page(monitor).and_posts(*WORKERS, data=settings),
    "monitoring:hand_over": action(monitor, *WORKERS),
    "monitoring:captured_rows": page(monitor, **NO_READERS),
    "monitoring:truth": page(monitor).and_posts(*SENDERS, data=labels),
    "monitoring:incident_list": page(),
    "monitoring:incident_detail": page(incident),
    "monitoring:acknowledge": action(incident, *WORKERS),
    "monitoring:assign": action(incident, *WORKERS),
    "monitoring:silence": action(incident, *WORKERS, data=pause),
    "monitoring:resolve": action(incident, *WORKERS, data=end),
    "monitoring:request_trace": page(),
    "api:monitor-list": api_page(),
    "api:monitor-detail": api_page(monitor),
    "api:monitor-windows": api_page(monitor),
    "api:monitor-rows": api_page(monitor, **NO_READERS),
    "api:monitor-tune": api_action(monitor, *WORKERS, data=settings),
    "api:monitor-hand-over": api_action(monitor, *WORKERS, data=person),
    "api:monitor-truth": api_page(monitor).and_posts(*SENDERS),
    "api:monitor-start": api_action(endpoint, *WORKERS),
    "api:incident-list": api_page(),
    "api:incident-detail": api_page(incident),
    "api:incident-acknowledge": api_action(incident, *WORKERS),
    "api:incident-assign": api_action(incident, *WORKERS, data=person),
    "api:incident-silence": api_action(incident, *WORKERS, data=pause_until),
    "api:incident-resolve": api_action(incident, *WORKERS, data=end),
    "api:request-trace": api_page(captured_request),
}
