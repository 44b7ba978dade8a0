"""
Applicants who ask the demo's endpoint, and what became of them.

They are like the training data until the second version is live; then the world moves. Asked
over the endpoint's own address, like any client's requests, so they are captured like any.
"""

import http.client
import json
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
from django.conf import settings
from django.utils import timezone

from apps.deployments.models import Deployment, Endpoint
from apps.home import demo, demo_data
from apps.monitoring import truth
from apps.projects.models import Project
from apps.projects.roles import Role

BUSY_FOR = timedelta(minutes=10)
ROWS_WHEN_BUSY, ROWS_WHEN_QUIET = 90, 6
SENDING_SECONDS = 1.5


def send(project: Project) -> None:
    """A few seconds' worth of requests to each live endpoint, and their labels."""
    live = Deployment.objects.select_related("endpoint").filter(
        endpoint__model__project=project,
        state=Deployment.State.LIVE,
        endpoint__wanted=Endpoint.Wanted.RUNNING,
    )
    for deployment in live:
        _send_to(project, deployment)


def _send_to(project: Project, deployment: Deployment) -> None:
    now = timezone.now()
    busy = deployment.live_from is not None and now - deployment.live_from < BUSY_FOR
    applicants = _applicants(ROWS_WHEN_BUSY if busy else ROWS_WHEN_QUIET, _drift(deployment.endpoint), now)
    answered = _ask(deployment.endpoint, applicants)
    labels = [truth.Truth(key, label, now) for key, label in answered]
    if labels:
        truth.receive(deployment.endpoint, labels, by=demo.person(project, Role.DATA_ENGINEER))


def _drift(endpoint: Endpoint) -> float:
    """The world moves when the second version is live, so that it can be watched from there on."""
    return 1.0 if endpoint.deployments.exclude(live_from=None).count() > 1 else 0.0


def _applicants(rows: int, drift: float, now: datetime) -> pd.DataFrame:
    # Another seed every second, so that nobody applies twice; a whole year at once, since a
    # window of 15 seconds would otherwise differ from the training data by its season alone.
    seed = int(now.timestamp())
    return demo_data.consumer_credit(rows, seed=seed, start=date(now.year, 1, 1), drift=drift)


def _ask(endpoint: Endpoint, applicants: pd.DataFrame) -> list[tuple[str, str]]:
    """One request an applicant. Returns (correlation id, what became of it) of those that were answered."""
    stamp = datetime.now(UTC).strftime("%H%M%S%f")
    connection = http.client.HTTPConnection(settings.SCORING_HOST, endpoint.port, timeout=2)
    until = time.monotonic() + SENDING_SECONDS
    answered = []
    try:
        for row in json.loads(applicants.to_json(orient="records")):
            if time.monotonic() > until:
                break
            label, key = row.pop(demo_data.TARGET), f"{row['application_id']}-{stamp}"
            if _asked(connection, row, key):
                answered.append((key, label))
    except (OSError, http.client.HTTPException):
        # An endpoint that is being started or stopped; its page says so.
        return answered
    finally:
        connection.close()
    return answered


def _asked(connection: http.client.HTTPConnection, row: dict[str, Any], key: str) -> bool:
    body = json.dumps({"dataframe_records": [row]})
    connection.request(
        "POST", "/invocations", body, {"content-type": "application/json", "x-request-id": key}
    )
    answer = connection.getresponse()
    answer.read()
    return answer.status == http.client.OK
