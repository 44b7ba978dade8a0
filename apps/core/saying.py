"""
Tell what was said, in the language that is active: the reader's on a page, the recipient's in an e-mail.

Apps declare `sentences = {"datasets": "apps.datasets.reading_words.SENTENCES"}`: tables code →
wording.Sentence. What the code itself says in English (`later`) needs no table.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, override

from apps.core import declared
from apps.core.said import Said, fact
from apps.core.wording import Sentence, shown


def say(what: Said) -> str:
    """The sentence. A row that this version of the portal has no words for is shown by its code and facts."""
    if not what.code:
        return str(what.facts.get("text", ""))
    known = sentences().get(what.code)
    try:
        if known is not None:
            return known.told(what.facts)
        text = gettext(what.code)
        return text % {name: shown(value) for name, value in what.facts.items()} if what.facts else text
    except (KeyError, TypeError, ValueError):
        return f"{what.code} {what.facts}"


def later(text: str, /, **facts: Any) -> Said:
    """
    A sentence of the code itself, to be told later: it may be stored before anybody reads it.

    Imported as `_`, so that makemessages finds the text. A lazy label among the facts stays
    translatable.
    """
    return Said(text, {name: _untranslated(value) for name, value in facts.items()})


def label(lazy: str | Promise) -> Said:
    """A label of an enumeration, to be told later."""
    with override(None):
        return Said(str(lazy))


@cache
def sentences() -> Mapping[str, Sentence]:
    """Every app's, by code."""
    found: dict[str, Sentence] = {}
    for _app, dotted in declared.items("sentences"):
        found |= declared.resolve(dotted)
    return found


def _untranslated(value: Any) -> Any:
    if isinstance(value, Promise):
        return label(value)
    return [_untranslated(item) for item in value] if isinstance(value, list) else fact(value)
