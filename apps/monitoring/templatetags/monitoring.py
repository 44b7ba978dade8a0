"""Small parts of the monitoring pages."""

from typing import Any

from django import template
from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import pages
from apps.monitoring import cause_words
from apps.monitoring.cause_words import ADVICE, CAUSES

register = template.Library()


register.filter("metric_name", cause_words.metric_name)


@register.filter
def cause_name(kind: str) -> str:
    return str(CAUSES.get(kind, kind))


@register.filter
def advice(recommendation: str) -> str:
    return str(ADVICE.get(recommendation, recommendation))


@register.filter
def percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)


@register.simple_tag
def page_link(subject: models.Model | None, word: Any = "") -> SafeString:
    """The object's name, as a link where its app has a page for it."""
    if subject is None:
        return format_html("\u2013")
    url = pages.url_of(subject._meta.label_lower, str(subject.pk))
    label = word or str(subject)
    return format_html('<a href="{}">{}</a>', url, label) if url else format_html("{}", label)
