"""The small parts of every page: `{% load ui %}`."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django import template
from django.db import models
from django.forms import BoundField
from django.http import QueryDict
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from apps.core import metric_words, numbers, pages, snippets, sparklines, status_looks

register = template.Library()


@cache
def _drawings() -> str:
    """A page has hundreds of icons, and one process one file of them."""
    return static("icons.svg")


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """A drawing from static/icons.svg; decoration unless a label says what it means."""
    href = f"{_drawings()}#{name}"
    if label:
        return format_html(
            '<svg class="icon {}" role="img" aria-label="{}"><use href="{}"></use></svg>',
            css,
            label,
            href,
        )
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}"></use></svg>',
        css,
        href,
    )


@register.simple_tag
def icon_at(name: str, x: int, y: int) -> SafeString:
    """An icon inside a picture, where its place is an attribute."""
    href = f"{_drawings()}#{name}"
    return format_html(
        '<use class="icon" href="{}" x="{}" y="{}" width="18" height="18"></use>',
        href,
        str(x),
        str(y),
    )


@register.inclusion_tag("ui/_status.html")
def status(value: object, word: str = "") -> dict[str, object]:
    look = status_looks.look(value)
    return {"word": word or look.word, "tone": look.tone, "icon_name": look.icon}


@register.inclusion_tag("ui/_time.html")
def when(moment: datetime | None, style: str = "short") -> dict[str, object]:
    """`style`: short (date and time), date, exact (with seconds), relative ("3 hours ago")."""
    if moment is None:
        return {"moment": None}
    here = timezone.localtime(moment)
    return {
        "moment": moment,
        "iso": moment.astimezone(UTC).isoformat(timespec="seconds"),
        "style": style,
        "words": _words(here, style),
        "exact": f"{here:%Y-%m-%d %H:%M:%S} {here.tzname()}",
    }


def _words(here: datetime, style: str) -> str:
    if style == "date":
        return formats.date_format(here, "DATE_FORMAT")
    if style == "exact":
        return f"{here:%Y-%m-%d %H:%M:%S} {here.tzname()}"
    return _relative(here) if style == "relative" else formats.date_format(here, "j M Y, H:i")


def _relative(here: datetime) -> str:
    now = timezone.now()
    if here > now:
        return _("in %(span)s") % {"span": timeuntil(here, now, depth=1)}
    return _("%(span)s ago") % {"span": timesince(here, now, depth=1)}


@register.inclusion_tag("ui/_digest.html")
def digest(value: str | None, length: int = 12) -> dict[str, object]:
    """The start of a sha256 (an algorithm's prefix is left out), with a button to copy all."""
    bare = (value or "").rsplit(":", 1)[-1]
    return {"value": value or "", "short": bare[:length]}


@register.inclusion_tag("ui/_copy.html")
def copy(value: object, label: str = "") -> dict[str, object]:
    return {"value": str(value), "label": label}


@register.inclusion_tag("ui/_user.html")
def person(user: object) -> dict[str, object]:
    """Who, by name; None is the portal itself."""
    if user is None:
        return {"name": _("Portal"), "is_portal": True}
    full = getattr(user, "get_full_name", str)() or ""
    return {"name": full or str(user), "login": str(user), "is_portal": False}


@register.simple_tag
def number(value: object, unit: str = "", digits: int = 4) -> SafeString:
    text = numbers.number(value, digits)
    if unit and text != numbers.NOTHING:
        return format_html('<span class="num">{}</span>\u202f{}', text, unit)
    return format_html('<span class="num">{}</span>', text)


@register.filter
def percent(share: float | None) -> float | None:
    """A share as percent, to one decimal."""
    return None if share is None else round(share * 100, 1)


@register.simple_tag
def spoken(value: float | None) -> str:
    """A number without markup, for attributes."""
    return numbers.number(value)


@register.simple_tag
def described(field: BoundField) -> SafeString:
    """A form field tied to its hint and errors, which stand beside it in ui/_field.html."""
    attributes: dict[str, Any] = {}
    parts = ("hint", field.help_text), ("errors", field.errors)
    ids = [f"{field.auto_id}_{part}" for part, content in parts if content]
    if ids:
        attributes["aria-describedby"] = " ".join(ids)
    if field.errors:
        attributes["aria-invalid"] = "true"
    return field.as_widget(attrs=attributes)


@register.simple_tag(name="bytes")
def bytes_(value: int | None) -> SafeString:
    return format_html('<span class="num">{}</span>', numbers.byte_size(value))


@register.simple_tag
def duration(value: timedelta | float | None) -> SafeString:
    return format_html('<span class="num">{}</span>', numbers.duration(value))


@register.inclusion_tag("ui/_metric.html")
def metric(
    label: str,
    value: float | None,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    when: datetime | None = None,
    note: str = "",
) -> dict[str, object]:
    return {
        "label": label,
        "value": value,
        "unit": unit,
        "low": low,
        "high": high,
        "has_interval": low is not None and high is not None,
        "moment": when,
        "note": note,
    }


@register.inclusion_tag("ui/_sparkline.html")
def sparkline(
    values: Iterable[float | None],
    label: str = "",
    threshold: float | None = None,
    tone: str = "",
    width: int = 96,
    height: int = 24,
) -> dict[str, object]:
    """`label` says what the line is; smallest, largest and last value are said after it."""
    line = sparklines.sparkline(values, width=width, height=height, threshold=threshold)
    return {"line": line, "label": label, "tone": tone}


@register.simple_tag(takes_context=True)
def query_replace(context: RequestContext, **changes: Any) -> str:
    """The page's query string with these changed; None removes one. Keeps filters in links."""
    query: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def query_field(context: RequestContext, name: str, value: object, **changes: Any) -> str:
    """As `query_replace`, for a field whose name is itself a value."""
    return query_replace(context, **{name: value}, **changes)


@register.simple_tag(takes_context=True)
def without(context: RequestContext, *names: str) -> str:
    """The page's query string without these: one filter taken away."""
    return query_replace(context, **dict.fromkeys(names))


@register.simple_tag
def api_call(path: str) -> dict[str, str]:
    """How a program asks the API for what a page shows, for ui/_snippet.html."""
    return snippets.call(path)


@register.simple_tag
def page_link(subject: models.Model | None, word: str = "") -> SafeString:
    """The object's name, or this word for it, as a link where its app has a page for it."""
    if subject is None:
        return format_html("{}", numbers.NOTHING)
    url = pages.url_of(subject._meta.label_lower, str(subject.pk))
    label = word or str(subject)
    return format_html('<a href="{}">{}</a>', url, label) if url else format_html("{}", label)


@register.filter
def metric_word(metric: str) -> str:
    """What a metric is called for people."""
    return metric_words.word(metric)


@register.filter
def in_words(sentence: object) -> str:
    """A sentence of a report with its metrics' names for people."""
    return metric_words.in_words(sentence)


@register.filter
def look(value: object) -> status_looks.Look:
    """The look of a status, where a part needs its tone or icon alone."""
    return status_looks.look(value)


@register.simple_tag
def page_numbers(page: Any) -> list[int | str]:
    """The pages to offer around this one, "…" where some are left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))
