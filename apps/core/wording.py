"""The sentences of apps: text in gettext, and how each of its facts is shown to a reader."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.core import numbers

NAMED: Final = 10
"""Names told in a sentence; the others are counted."""
LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` is lazy, with a named place for each fact; a plural is chosen by the fact that it names."""

    text: str | Promise
    shown: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)

    def told(self, facts: Mapping[str, Any]) -> str:
        """In the active language. Raises KeyError, TypeError, ValueError for facts that do not fit."""
        return str(self.text % {name: self.shown.get(name, shown)(value) for name, value in facts.items()})


def sentence(text: str | Promise, **shown_by: Callable[[Any], object]) -> Sentence:
    """A sentence, and for facts that are not shown as they usually are, how."""
    return Sentence(text, shown_by)


def shown(value: Any) -> object:
    """How a fact is usually shown: fractions with four digits, lists with commas."""
    if isinstance(value, bool | int):
        return value
    if value is None or isinstance(value, float):
        return numbers.number(value)
    return ", ".join(str(shown(item)) for item in value) if isinstance(value, list) else value


class Whole(int):
    """A whole number that chooses the plural and is shown with the language's separators."""

    def __str__(self) -> str:
        return numbers.number(int(self))


def whole(value: Any) -> object:
    return Whole(value) if isinstance(value, int) else shown(value)


def percent(value: Any) -> object:
    return numbers.percent(value) if isinstance(value, int | float) else shown(value)


def quoted(value: Any) -> str:
    """A name, or the first names of a list and how many more there are."""
    if not isinstance(value, list):
        return _("“%(name)s”") % {"name": str(value)[:LONGEST_NAME]}
    return _counted([quoted(name) for name in value[:NAMED]], len(value) - NAMED)


def quoted_up_to(most: int) -> Callable[[Any], str]:
    """As `quoted`, with fewer names."""
    return lambda value: _counted([quoted(name) for name in value[:most]], len(value) - most)


def listed_up_to(most: int) -> Callable[[Any], str]:
    """The first of a list and how many more there are, without quotes."""
    return lambda value: _counted([str(shown(item)) for item in value[:most]], len(value) - most)


def _counted(named: Iterable[str], rest: int) -> str:
    names = ", ".join(named)
    return _("%(names)s and %(n)d more") % {"names": names, "n": rest} if rest > 0 else names


def one_of(words: Mapping[str, str | Promise]) -> Callable[[Any], str]:
    """For a fact that is one of a few words; an unknown one is shown as it is."""
    return lambda value: str(words.get(value, value))


def lines(value: Any) -> str:
    return "\n".join(str(part) for part in value)


def in_a_row(value: Any) -> str:
    """Sentences after one another."""
    return " ".join(str(part) for part in value)


def day(value: Any) -> str:
    """An ISO moment as a date in the reader's zone."""
    return formats.date_format(timezone.localtime(datetime.fromisoformat(value)), "DATE_FORMAT")


def bytes_(value: Any) -> str:
    return numbers.byte_size(value)
