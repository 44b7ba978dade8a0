from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

GetResponse = Callable[[HttpRequest], HttpResponse]
_READING = frozenset({"GET", "HEAD"})


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """
    Everything needs a sign-in, unless its view says otherwise.

    A part of a page that htmx asks for after the session ended would show the sign-in inside
    the page; the whole page is loaded again instead. A form that was sent after it leads back to
    its page, since its own address only takes what is sent.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        if request.method in _READING:
            return super().handle_no_permission(request, view_func)
        messages.warning(request, _("You were signed out, so what you sent was not used. Send it again."))
        return redirect_to_login(_page_before(request))


def _page_before(request: HttpRequest) -> str:
    before = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(before, {request.get_host()}, request.is_secure()):
        return "/"
    parts = urlsplit(before)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


class PreferencesMiddleware:
    """The reader's own language, and times in the reader's zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if zone := getattr(request.user, "zone", None):
            timezone.activate(zone)
        else:
            timezone.deactivate()
        if language := getattr(request.user, "language", ""):
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
