"""Small parts of the monitoring pages."""

from collections.abc import Mapping

from django import template

from apps.monitoring import cause_words
from apps.monitoring.cause_words import ADVICE, CAUSES

register = template.Library()

register.filter("metric_name", cause_words.metric_name)


@register.filter
def of_key(found: Mapping[str, list[float | None]], name: str) -> list[float | None]:
    """The line of a column; nothing where there is none."""
    return found.get(name, [])


@register.filter
def cause_name(kind: str) -> str:
    return str(CAUSES.get(kind, kind))


@register.filter
def advice(recommendation: str) -> str:
    return str(ADVICE.get(recommendation, recommendation))
