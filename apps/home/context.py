"""What every page's frame needs. Nothing here asks the database unless a page shows it."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest  # noqa: TID251 - a context processor is handed one
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core import appearance
from apps.home import navigation
from apps.projects.models import Project


def page(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame needs; the frame of a stranger knows only how it looks."""
    context = {
        **appearance.theme(request),
        "portal_version": settings.VERSION,
        "is_demo_installation": settings.DEMO,
    }
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return context
    return context | {
        "nav": _nav(request.path),
        "projects": cache(lambda: _projects(user, request.path)),
        "search_url": reverse("home:search"),
        "waiting_url": reverse("home:inbox"),
        "counts_url": reverse("home:counts"),
        "notices_url": reverse("notifications:notices"),
        "user_menu": _user_menu(user),
        "time_zone": timezone.get_current_timezone_name(),
        # Pages read the database as they are made; one that shows older figures says its own time.
        "data_time": timezone.now(),
        "foot_links": _foot_links(),
    }


def _nav(path: str) -> list[dict[str, Any]]:
    return [
        {
            "url": place.url,
            "label": place.label,
            "icon": place.icon,
            "key": place.key,
            "active": place.holds(path),
        }
        for place in navigation.places()
    ]


def _projects(user: User, path: str) -> list[dict[str, Any]]:
    visible = Project.objects.visible_to(user).active()[:30]
    found = [(project.name, reverse("projects:project_detail", args=[project.pk])) for project in visible]
    entries = [{"name": name, "url": url, "active": path.startswith(url)} for name, url in found]
    everything = {"name": _("All projects"), "url": reverse("projects:project_list"), "active": False}
    return [*entries, everything] if entries else []


def _user_menu(user: User) -> list[dict[str, Any]]:
    entries = [
        {"label": _("My profile"), "url": reverse("accounts:profile"), "icon": "id-badge"},
        {"label": _("API tokens"), "url": reverse("accounts:tokens"), "icon": "key"},
        {"label": _("Password"), "url": reverse("account_change_password"), "icon": "lock"},
        {"label": _("Second factor"), "url": reverse("mfa_index"), "icon": "fingerprint"},
        {"label": _("Sessions"), "url": reverse("usersessions_list"), "icon": "device-desktop"},
    ]
    if user.is_administrator or user.is_auditor:
        entries.append({"label": _("People"), "url": reverse("accounts:people"), "icon": "users"})
    return entries


def _foot_links() -> list[dict[str, str]]:
    return [
        {"label": _("Health"), "url": reverse("home:status")},
        {"label": _("API"), "url": reverse("api:docs")},
    ]
