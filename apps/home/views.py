from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.accounts.requests import reader
from apps.core import inbox as waiting
from apps.core import listing, portfolio, snippets
from apps.core import search as finding
from apps.home import health as parts
from apps.home import navigation
from apps.home.lists import Portfolio
from apps.notifications.models import Notice
from apps.projects import loop
from apps.projects.models import Project

STOP_ASKING = 286
MOST_WAITING = 10
MOST_PROJECTS = 10
"""Shown at home; both have pages of their own with all of them."""


@require_safe
def dashboard(request: HttpRequest) -> HttpResponseBase:
    user = reader(request)
    items = waiting.waiting_for(user)
    projects = Project.objects.visible_to(user).active()
    context = {
        "items": items[:MOST_WAITING],
        "waiting_count": len(items),
        "notice_count": Notice.objects.visible_to(user).unread().count(),
        "maturity": loop.maturity(projects[:MOST_PROJECTS]),
        "is_new": not Project.objects.exists(),
        "snippet": snippets.call(reverse("api:endpoint-list")),
    }
    return listing.show(request, "home/dashboard.html", Portfolio(portfolio.served(user), request), context)


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    items = waiting.waiting_for(reader(request))
    return render(request, "home/inbox.html", {"items": items, "waiting_count": len(items)})


@require_safe
@login_not_required  # A page left open after the session ended stops asking, and is not reloaded.
def counts(request: HttpRequest) -> HttpResponse:
    if not isinstance(request.user, User):
        return HttpResponse(status=STOP_ASKING)
    context = {
        "waiting_count": len(waiting.waiting_for(request.user)),
        "notice_count": Notice.objects.visible_to(request.user).unread().count(),
    }
    return render(request, "home/_counts.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The palette's results to htmx, a page to others."""
    query = request.GET.get("q", "").strip()[:100]
    hits = [*navigation.matching(query), *finding.find(reader(request), query)]
    is_palette = request.headers.get("HX-Target") == "palette-results"
    template = "ui/_palette_results.html" if is_palette else "home/search.html"
    return render(request, template, {"query": query, "results": hits})


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    context = {"parts": parts.check_all(), "looked_at": timezone.now()}
    return render(request, "home/status.html", context)


@require_safe
@login_not_required  # What watches the portal has no account; it learns only whether it lives.
def health(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
