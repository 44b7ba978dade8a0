"""Light, dark, or as the reader's system has it: a cookie, so that sign-in pages know it too."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE: Final = "theme"
THEMES: Final = ("auto", "light", "dark")
ONE_YEAR: Final = 365 * 24 * 3600


def theme(request: HttpRequest) -> dict[str, str]:
    """Context processor: what the reader chose; an unknown value counts as not chosen."""
    chosen = request.COOKIES.get(COOKIE, "auto")
    return {"theme": chosen if chosen in THEMES else "auto"}


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice and return to the page it was made on."""
    answer = redirect(way_back(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        answer.set_cookie(COOKIE, chosen, max_age=ONE_YEAR, samesite="Lax", secure=request.is_secure())
    return answer


def way_back(request: HttpRequest) -> str:
    """The page that a form named as `next`, where it is one of ours; else home."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else "/"
