"""The kinds of columns that lists have: each says how its value looks on the page and in a file."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from apps.core.templatetags import ui

_FIGURES = {"th": {"class": "num"}, "td": {"class": "num"}}


class Word(tables.Column):
    """A short text, or one of a few; leads somewhere where `linkify` says so."""

    def value(self, value: object) -> str:
        return str(value)


class Name(Word):
    """
    What people typed: it may be long, so it breaks anywhere.

    More than `longest` characters are cut on the page; the whole is shown on hover.
    """

    def __init__(self, *args: Any, longest: int = 90, **more: Any) -> None:
        super().__init__(*args, attrs={"td": {"class": "long"}}, **more)
        self.longest = longest

    def render(self, value: object) -> str:
        text = str(value)
        if len(text) <= self.longest:
            return text
        return format_html('<span title="{}">{}…</span>', text, text[: self.longest - 1])


class Number(tables.Column):
    """A figure with its unit; `digits` are the significant ones."""

    def __init__(self, *args: Any, unit: str = "", digits: int = 4, **more: Any) -> None:
        super().__init__(*args, attrs=_FIGURES, **more)
        self.unit, self.digits = unit, digits

    def render(self, value: object) -> SafeString:
        return ui.number(value, self.unit, self.digits)

    def value(self, value: object) -> object:
        return value


class Bytes(Number):
    def render(self, value: Any) -> SafeString:
        return ui.bytes_(value)


class Status(tables.Column):
    """A status of core.status_looks: icon, word and colour. In a file it is the API's word."""

    def render(self, record: object, bound_column: Any) -> SafeString:
        return status(self._status(record, bound_column))

    def value(self, record: object, bound_column: Any) -> str:
        return str(self._status(record, bound_column))

    def _status(self, record: object, bound_column: Any) -> object:
        """The status itself: for a field with choices, tables would hand over its word."""
        return bound_column.accessor.resolve(record)


class Light(Status):
    """A status of something measured; says so where nothing was yet."""

    empty_values = ()

    def render(self, record: object, bound_column: Any) -> SafeString:
        measured = self._status(record, bound_column)
        if not measured:
            return format_html('<span class="text-secondary">{}</span>', gettext("not measured"))
        return status(measured)

    def value(self, record: object, bound_column: Any) -> str:
        return str(self._status(record, bound_column) or "")


class Duration(Number):
    """A span of time. In a file it is in seconds."""

    def render(self, value: Any) -> SafeString:
        return ui.duration(value)

    def value(self, value: Any) -> int:
        return round(value.total_seconds())


class When(tables.Column):
    """A moment; `style` as the tag `when` has it. Exact in a file."""

    def __init__(self, *args: Any, style: str = "short", **more: Any) -> None:
        super().__init__(*args, **more)
        self.style = style

    def render(self, value: datetime) -> SafeString:
        return _part("time", ui.when(value, self.style))

    def value(self, value: datetime) -> str:
        return value.isoformat(timespec="seconds")


class Person(tables.Column):
    """Who; where nobody is an answer too (`empty_values=()`), the portal itself."""

    def render(self, value: object) -> SafeString:
        return _part("user", ui.person(value))

    def value(self, value: object) -> str:
        return str(value or ui.person(None)["name"])


class Part(tables.Column):
    """
    What a template draws of `record`, `user` and the table's `context`: forms too.

    Without context processors, which would run for every cell. In a file only where the table
    has a `value_…` for it and `exclude_from_export=False` is given.
    """

    def __init__(self, verbose_name: Any, template: str, **more: Any) -> None:
        defaults = {"accessor": "pk", "orderable": False, "exclude_from_export": True}
        super().__init__(verbose_name, attrs={"td": {"class": "part"}}, **{**defaults, **more})
        self.template = template

    def render(self, record: object, table: Any) -> SafeString:
        return render_to_string(self.template, {**table.part_context, "record": record})


def status(value: object, word: str = "") -> SafeString:
    """A status as the tag of that name draws it."""
    return _part("status", ui.status(value, word))


def sparkline(values: Iterable[float | None], label: str) -> SafeString:
    """A small line as the tag of that name draws it."""
    return _part("sparkline", ui.sparkline(values, label, width=64))


def _part(name: str, context: dict[str, object]) -> SafeString:
    return render_to_string(f"ui/_{name}.html", context)
