"""What is shown when a page cannot be."""

import sys

from django.db import Error
from django.http import HttpRequest, HttpResponse  # noqa: TID251 - Django's error views
from django.shortcuts import render  # noqa: TID251
from django.utils.translation import gettext as _

from apps.core import problems


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or that another site sent."""
    sentence = _(
        "This form is no longer valid. Load the page again and repeat what you did; nothing was changed."
    )
    return render(request, "errors/refused.html", {"reason": sentence}, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _shown(request, 400, _("The portal could not read this request; what was sent was not used."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _shown(request, 403, _("You may see this, but your roles do not allow this step."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _shown(request, 404, _("There is nothing at this address."))


def _shown(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problems.answer(status, sentence)
    return render(request, f"errors/{status}.html", status=status)


def broken(request: HttpRequest) -> HttpResponse:
    """
    A database that is away is not a mistake of the portal: 503, so that clients try again.

    These pages stand alone, since the frame needs the database.
    """
    is_away = isinstance(sys.exc_info()[1], Error)
    status, template = (503, "errors/503.html") if is_away else (500, "errors/500.html")
    if request.path.startswith("/api/"):
        return problems.answer(status, _("The portal cannot answer this now. It was logged."))
    return render(None, template, status=status)
