"""
What people are told later: a code and its facts, never a finished sentence.

Who computes does not know who will read, nor in which language. The sentence is made where it is
shown (core.saying), so that no stored document, and no digest of one, depends on a language. This
module knows no Django: children and computing modules say with it what they found.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """
    `code` names a sentence of an app ("datasets.no_rows"), or is an English sentence of the code
    itself (core.saying.later); it is empty for somebody's own words, which nobody translates.

    As text it is the sentence in the reader's language; without Django the code with its facts.
    """

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.code or self.facts)

    def __hash__(self) -> int:
        return hash(self.code)

    def __str__(self) -> str:
        return _TELLERS[-1](self)

    @property
    def name(self) -> str:
        """The code without its app, for rules and filters."""
        return self.code.partition(".")[2]

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "facts": plain(self.facts)}


def said(code: str, /, **facts: Any) -> Said:
    """Facts are numbers, texts, lists of them, or what was said before; anything else becomes text."""
    return Said(code, {name: fact(value) for name, value in facts.items()})


def own_words(text: str) -> Said:
    """What a person, or a program that is not ours, said in its own words."""
    return Said("", {"text": text}) if text else NOTHING


def of_error(error: BaseException) -> Said:
    """What an exception tells: what it was raised with, else its own words."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Said) else own_words(str(error))


def of_fault(fault: BaseException) -> Said:
    """What went wrong, with its kind, for those who keep the portal running."""
    told = of_error(fault)
    if not told.code:
        told = own_words(str(fault)[:500])
    return said("core.technical", kind=type(fault).__name__, message=told)


def joined(*parts: Said) -> Said:
    """Several sentences after one another."""
    found = [part for part in parts if part]
    return found[0] if len(found) == 1 else said("core.sentences", parts=found) if found else NOTHING


def lined(*parts: Said | str) -> Said:
    """Several things, a line each."""
    return said("core.lines", parts=list(parts))


def fact(value: Any) -> Any:
    """The value as JSON can hold it, exactly; numbers that it cannot hold become text."""
    if value is None or isinstance(value, bool | Said):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list | tuple):
        return [fact(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): fact(item) for name, item in value.items()}
    return fact(value.item()) if hasattr(value, "item") else str(value)


def _number(value: float) -> Any:
    if isinstance(value, int):
        return int(value)
    return float(value) if math.isfinite(value) else str(value)


def plain(document: Any) -> Any:
    """The document with everything that was said in it as JSON."""
    if isinstance(document, Said):
        return document.as_json()
    if isinstance(document, dict):
        return {name: plain(value) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [plain(value) if isinstance(value, _HOLDS) else value for value in document]
    return document


def revived(document: Any) -> Any:
    """The other way round: a stored document in which what was said can be told again."""
    if isinstance(document, dict):
        if document.keys() == {"code", "facts"} and isinstance(document["facts"], dict):
            return Said(str(document["code"]), revived(document["facts"]))
        return {name: revived(value) for name, value in document.items()}
    if isinstance(document, list):
        return [revived(value) if isinstance(value, _HOLDS) else value for value in document]
    return document


_HOLDS = (dict, list, tuple, Said)
"""What something may be said in; a document's long lists of numbers are passed over."""


def _without_words(what: Said) -> str:
    facts = ", ".join(f"{name}={value}" for name, value in what.facts.items())
    return f"{what.code} ({facts})" if what.code and facts else what.code or str(what.facts.get("text", ""))


NOTHING = Said("")
_TELLERS: list[Callable[[Said], str]] = [_without_words]


def tell_with(teller: Callable[[Said], str]) -> None:
    """From now on, in this process, what was said is told by this function."""
    _TELLERS[:] = [_without_words, teller]
