"""
Named slots on pages of lower apps that higher apps fill.

A panel is a function (request, subject) → context dict with "template", or None to show
nothing. It respects what the reader may see; what it returns is rendered by `{% panels %}`.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.http import HttpRequest

from apps.core import declared


def contexts(slot: str, request: HttpRequest, subject: models.Model) -> Iterator[dict[str, Any]]:
    """What each app puts into the slot ("registry.version"), lowest app first."""
    for panel in declared.resolved("panels", slot):
        context = panel(request, subject)
        if context is not None:
            yield context
