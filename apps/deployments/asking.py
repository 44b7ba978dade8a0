"""Ask a scoring server over HTTP at its real address, as the portal: neither captured nor counted."""

import http.client
import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from apps.core.errors import Unavailable
from apps.core.said import NOTHING, Said, own_words
from apps.core.saying import later as _
from apps.deployments import keys
from apps.deployments.models import Endpoint

PATIENCE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """`content` is the decoded document; `milliseconds` from sending to the answer's last byte."""

    status: int
    content: Any
    milliseconds: float


def predict(endpoint: Endpoint, records: list[dict[str, Any]]) -> Answer:
    """The endpoint's answer to these rows. Raises Unavailable where nobody answers."""
    body = json.dumps({"dataframe_records": records}).encode()
    began = time.perf_counter()
    try:
        status, content = _post(endpoint, body)
    except (OSError, http.client.HTTPException) as problem:
        raise Unavailable(_("The endpoint does not answer: %(why)s.", why=problem)) from None
    taken = (time.perf_counter() - began) * 1000
    try:
        return Answer(status, json.loads(content), round(taken, 3))
    except ValueError:
        raise Unavailable(_("The endpoint answered something that is not JSON.")) from None


def try_out(endpoint: Endpoint, records: list[dict[str, Any]]) -> Answer:
    """
    As `predict`, for rows that a person made up.

    Raises ValidationError with the server's own sentence where it refuses them, Unavailable where
    nothing is live.
    """
    answer = predict(endpoint, records)
    if answer.status == HTTPStatus.OK:
        return answer
    sentence = str(answer.content.get("detail", "")) or gettext("It answered %(n)d.") % {"n": answer.status}
    if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ValidationError({"records": sentence})
    raise Unavailable(sentence)


def _post(endpoint: Endpoint, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(settings.SCORING_HOST, endpoint.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", "/invocations", body, _headers(endpoint))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"content-type": "application/json", "x-portal-token": keys.portal_token(endpoint.name)}


def disagreement(answer: Answer, expected: list[dict[str, Any]]) -> Said:
    """What is wrong with an answer to known rows; NOTHING where nothing is."""
    if answer.status != 200:
        detail = own_words(str(answer.content.get("detail", "")))
        return detail or _("It answered %(n)d.", n=answer.status)
    predictions = answer.content.get("predictions", [])
    if len(predictions) != len(expected):
        return _("It answered %(n)d rows of %(m)d.", n=len(predictions), m=len(expected))
    for number, (given, known) in enumerate(zip(predictions, expected, strict=True), start=1):
        if not _agrees(given, known["prediction"]):
            return _("Row %(n)d was answered differently than when the model was packaged.", n=number)
    return NOTHING


def _agrees(given: Any, known: Any) -> bool:
    if isinstance(known, float) and isinstance(given, int | float):
        return abs(given - known) <= 1e-4 * max(1.0, abs(known))
    return bool(given == known)
