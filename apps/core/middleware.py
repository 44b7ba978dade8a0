import logging
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core import numbers, problems, request_context, storage
from apps.core.errors import DomainError, NotAllowed, TooLarge, Unavailable, UnsupportedFormat

log = logging.getLogger(__name__)

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
        response = self.get_response(request)
        return _told(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return _refused(request, str(error), _status(error), error.path)
        if isinstance(error, ValidationError):
            return _refused(request, " ".join(error.messages), 400)
        if isinstance(error, storage.NotStored):
            log.error("Not in the storage: %s", error)
            return _refused(
                request,
                _(
                    "A file that belongs here is not in the storage. Who runs the portal can bring it "
                    "back from a backup."
                ),
                503,
            )
        if isinstance(error, OperationalError):
            return _refused(
                request,
                _("The database does not answer. Nothing was changed; try again shortly."),
                503,
            )
        return None


class ReadableMiddleware:
    """
    Refuse what no view should have to look at, before a byte of the body is read.

    It stands before the CSRF check, which reads the body to find its token: nobody's file is taken
    in who is not signed in. What comes through the tracking gate has limits of its own there, and
    the API asks for the token before it reads.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponse | None:
        if request.path.startswith("/mlflow/"):
            return None
        # No text of the portal holds a NUL, and PostgreSQL takes none.
        if "%00" in request.get_full_path():
            return _refused(request, _("This address holds a sign that no text has."), 400)
        announced, most = _announced(request), _most_bytes(request)
        if announced > _FORM_AROUND_A_FILE and _has_no_session(request):
            return redirect_to_login(request.get_full_path())
        if announced <= most + _FORM_AROUND_A_FILE:
            return None
        sizes = {"announced": numbers.byte_size(announced), "most": numbers.byte_size(most)}
        return _refused(request, _("This has %(announced)s; at most %(most)s are accepted.") % sizes, 413)


MOST_JSON_BYTES = 32 * 1024**2
"""It is decoded in memory, unlike a file; a hundred thousand labels have a third of that."""

_FORM_AROUND_A_FILE = 1024**2
_STATUSES: tuple[tuple[type[DomainError], int], ...] = (
    (NotAllowed, 403),
    (Unavailable, 503),
    (TooLarge, 413),
    (UnsupportedFormat, 415),
)


def _status(error: DomainError) -> int:
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 409)


def _has_no_session(request: HttpRequest) -> bool:
    return not request.path.startswith("/api/") and not request.user.is_authenticated


def _announced(request: HttpRequest) -> int:
    announced = request.META.get("CONTENT_LENGTH") or ""
    return int(announced) if announced.isascii() and announced.isdecimal() else 0


def _most_bytes(request: HttpRequest) -> int:
    if request.content_type == "application/json":
        return MOST_JSON_BYTES
    return int(settings.MAX_UPLOAD_BYTES)


def _told(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """What came back with "Back" or by typing the address of a button: it would be an empty page."""
    reason = _("Something is done at this address when its button is pressed; there is no page to look at.")
    answer = _refused(request, reason, response.status_code)
    answer.headers["Allow"] = response.headers["Allow"]
    return answer


def _refused(request: HttpRequest, reason: str, status: int, path: str = "") -> HttpResponse:
    if request.path.startswith("/api/"):
        return problems.answer(status, reason)
    if request.headers.get("HX-Request") == "true":
        messages.error(request, reason)
        return render(request, "ui/_messages.html", {"reason": reason}, status=status)
    return render(request, "errors/refused.html", {"reason": reason, "path": path}, status=status)
