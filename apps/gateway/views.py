"""
The /mlflow gate: a plain MLflow client with a portal token passes as far as its owner may.

Answers that refuse have the form that the client prints: {"error_code", "message"}.
"""

from collections.abc import Iterator
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from apps.core.errors import NotAllowed, Unavailable
from apps.gateway import callers, tracked
from apps.gateway.callers import Caller
from apps.gateway.judging import Asked, judge, parsed
from apps.gateway.operations import GOVERNED, find
from apps.projects.models import Project
from apps.tracking import server

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)
MOST_JSON_BYTES = 16 * 1024**2
CHUNK = 256 * 1024
_PASSED_UP = ("Content-Type", "Accept", "User-Agent")
_PASSED_DOWN = ("content-type", "content-length", "content-disposition", "etag", "last-modified")


@csrf_exempt
@login_not_required  # Its callers show a token, not a session: they are identified below.
def gate(request: HttpRequest, path: str) -> HttpResponseBase:
    """Identify the caller, judge the request, pass it on, remember what it made."""
    caller = callers.identify(request.headers.get("Authorization", ""))
    if caller is None:
        return _refusal(401, "UNAUTHENTICATED", _("Show a portal token in MLFLOW_TRACKING_TOKEN."))
    try:
        return _passed(request, f"/{path}", caller)
    except NotAllowed as reason:
        return _refusal(403, "PERMISSION_DENIED", str(reason))
    except tracked.Unknown:
        return _refusal(404, "RESOURCE_DOES_NOT_EXIST", _("There is no such thing that you may see."))
    except SuspiciousOperation as reason:
        return _refusal(400, "INVALID_PARAMETER_VALUE", str(reason))
    except Unavailable as reason:
        return _refusal(503, "TEMPORARILY_UNAVAILABLE", str(reason))


def _passed(request: HttpRequest, path: str, caller: Caller) -> HttpResponseBase:
    if GOVERNED.match(path):
        raise NotAllowed(
            _("Versions, stages, aliases and deletions are governed: use the portal's pages for them.")
        )
    found = find(request.method or "", path)
    if found is None:
        raise NotAllowed(_("The gate does not let this call pass."))
    asked = _read(request, Asked(*found, query=request.META.get("QUERY_STRING", "")))
    judge(asked, caller)
    answer = server.send(
        request.method or "GET",
        quote(path),
        query=asked.query,
        headers=_headers_up(request, asked),
        content=_chunks(request) if asked.operation.streams else asked.content,
    )
    if asked.operation.creates or asked.operation.filters:
        return _read_answer(answer, asked, caller)
    return _streamed(answer)


def _read(request: HttpRequest, asked: Asked) -> Asked:
    limit = settings.MLFLOW_MAX_BODY_BYTES if asked.operation.streams else MOST_JSON_BYTES
    length = request.headers.get("Content-Length") or "0"
    if not length.isdecimal() or int(length) > limit:
        raise SuspiciousOperation(_("This is larger than the gate takes."))
    if not asked.operation.streams and request.method != "GET":
        content = request.read(MOST_JSON_BYTES + 1)
        if len(content) > MOST_JSON_BYTES:
            raise SuspiciousOperation(_("This is larger than the gate takes."))
        asked.body = parsed(content)
    return asked


def _headers_up(request: HttpRequest, asked: Asked) -> dict[str, str]:
    headers = {name: request.headers[name] for name in _PASSED_UP if name in request.headers}
    headers["Accept-Encoding"] = "identity"
    if asked.content is not None:
        headers["Content-Length"] = str(len(asked.content))
    elif asked.operation.streams and "Content-Length" in request.headers:
        headers["Content-Length"] = request.headers["Content-Length"]
    return headers


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    left = settings.MLFLOW_MAX_BODY_BYTES
    while chunk := request.read(CHUNK):
        left -= len(chunk)
        if left < 0:
            raise SuspiciousOperation(_("This is larger than the gate takes."))
        yield chunk


def _streamed(answer: httpx.Response) -> StreamingHttpResponse:
    def body() -> Iterator[bytes]:
        try:
            yield from answer.iter_raw(CHUNK)
        finally:
            answer.close()

    return _safe(StreamingHttpResponse(body(), status=answer.status_code), answer)


def _read_answer(answer: httpx.Response, asked: Asked, caller: Caller) -> HttpResponse:
    try:
        answer.read()
    finally:
        answer.close()
    if answer.is_error:
        return _safe(HttpResponse(answer.content, status=answer.status_code), answer)
    document = answer.json()
    if asked.operation.creates:
        _remember(document, asked, caller)
    if asked.operation.filters:
        _filter(document, caller)
    return JsonResponse(document)


def _remember(document: dict[str, Any], asked: Asked, caller: Caller) -> None:
    if asked.operation.creates == "experiment" and asked.project is not None:
        name = asked.value("name")
        tracked.remember_experiment(document["experiment_id"], name, asked.project, caller.user)
    if asked.operation.creates == "run" and asked.experiment is not None:
        run_id = document["run"]["info"]["run_id"]
        tracked.remember_run(run_id, asked.experiment, caller.user, caller.reference)


def _filter(document: dict[str, Any], caller: Caller) -> None:
    slugs = set(Project.objects.visible_to(caller.user).values_list("slug", flat=True))
    if caller.reference:
        slugs &= {caller.reference.split("/", 1)[0]}
    document["experiments"] = [
        experiment
        for experiment in document.get("experiments", [])
        if "/" in experiment["name"] and experiment["name"].partition("/")[0] in slugs
    ]


def _safe(response: AnyResponse, answer: httpx.Response) -> AnyResponse:
    for name in _PASSED_DOWN:
        if name in answer.headers:
            response.headers[name] = answer.headers[name]
    # What people logged is never run by a browser in the portal's own name.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _refusal(status: int, code: str, message: str) -> JsonResponse:
    response = JsonResponse({"error_code": code, "message": message}, status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
