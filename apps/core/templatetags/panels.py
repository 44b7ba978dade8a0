from typing import Any

from django import template
from django.db import models
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.core import panels as slots

register = template.Library()


@register.simple_tag(takes_context=True)
def panels(context: RequestContext, slot: str, subject: models.Model) -> SafeString:
    """Everything that other apps put into this slot of the page; nothing where nobody does."""
    request: Any = context["request"]
    parts = [
        render_to_string(panel["template"], {**panel, "subject": subject}, request=request)
        for panel in slots.contexts(slot, request, subject)
    ]
    return format_html_join("", "{}", ((part,) for part in parts))
