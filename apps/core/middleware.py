import uuid
from collections.abc import Callable

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core import request_context
from apps.core.errors import DomainError, NotAllowed, Unavailable

GetResponse = Callable[[HttpRequest], HttpResponse]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


class ContentSecurityPolicyMiddleware:
    """Only what the portal itself serves may run, and nobody may frame it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


class RequestContextMiddleware:
    """Note where the request comes from and give it an id, for the event log and the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_context.address.set(request.META.get("REMOTE_ADDR", "") or "")
        request_context.request_id.set(uuid.uuid4().hex)
        response = self.get_response(request)
        response.headers.setdefault("X-Request-ID", request_context.request_id.get())
        return response


class DomainErrorMiddleware:
    """Show a broken rule as a page, so that no view needs its own try/except."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return _refused(request, str(error), _status(error))
        if isinstance(error, OperationalError):
            return _refused(
                request,
                _("The database does not answer. Nothing was changed; try again shortly."),
                503,
            )
        return None


def _status(error: DomainError) -> int:
    if isinstance(error, NotAllowed):
        return 403
    return 503 if isinstance(error, Unavailable) else 409


def _refused(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        messages.error(request, reason)
        return render(request, "ui/_messages.html", {"reason": reason}, status=status)
    return render(request, "errors/refused.html", {"reason": reason}, status=status)
