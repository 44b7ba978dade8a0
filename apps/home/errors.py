from django.http import HttpRequest, HttpResponse  # noqa: TID251 - Django's error views
from django.shortcuts import render  # noqa: TID251
from django.utils.translation import gettext as _


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or that another site sent."""
    sentence = _(
        "This form is no longer valid. Load the page again and repeat what you did; nothing was changed."
    )
    return render(request, "errors/refused.html", {"reason": sentence}, status=403)
