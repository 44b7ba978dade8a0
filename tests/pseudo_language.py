"""A language for tests in which every message of the portal is itself, between ⟦ and ⟧."""

import ast
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CODE = "de"
"""A language that Django knows, so that its own words are not English either."""

_HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
_TEXT = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_IN_TEMPLATE = re.compile(rf"\b(?:n?gettext|_)\({_TEXT}(?:, ?{_TEXT})?")
_GETTEXT = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"})


def write_catalogue(folder: Path) -> None:
    """Write it as compiled messages into a folder for LOCALE_PATHS."""
    path = folder / CODE / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(
        _compiled({**{text: f"⟦{text}⟧" for text in _singles()}, **dict(_plurals()), "": _HEADER})
    )


def left_in_english(page: str, *names: str) -> list[str]:
    """Runs of three or more words outside the brackets; `names` come from the data."""
    for pattern in (r"<(script|style|code|kbd|pre|svg)\b.*?</\1>", r"<!--.*?-->"):
        page = re.sub(pattern, "\n", page, flags=re.DOTALL)
    page = re.sub(r"<[^>]*?\b(?:aria-label|title|placeholder|alt)=\"([^\"]*)\"[^>]*>", r"\n\1\n", page)
    text = re.sub(r"<[^>]*>", "\n", page)
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = inner
    for name in names:
        text = text.replace(name, "")
    return re.findall(r"(?:[A-Za-z'\u2019]{2,}[,:;]? ){2,}[A-Za-z'\u2019]{2,}", text)


def _singles() -> set[str]:
    return {texts[0] for texts in _messages() if len(texts) == 1}


def _plurals() -> Iterator[tuple[str, str]]:
    for texts in _messages():
        if len(texts) == 2:
            one, many = texts
            yield f"{one}\0{many}", f"⟦{one}⟧\0⟦{many}⟧"


def _messages() -> Iterator[tuple[str, ...]]:
    for path in (ROOT / "apps").rglob("*.py"):
        yield from _of_code(path.read_text())
    for path in (ROOT / "templates").rglob("*.*"):
        for found in _IN_TEMPLATE.findall(templatize(path.read_text())):
            yield tuple(ast.literal_eval(text) for text in found if text)


def _of_code(source: str) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _GETTEXT:
            plural = 2 if "ngettext" in node.func.id else 1  # type: ignore[attr-defined]
            yield tuple(one.value for one in node.args[:plural] if isinstance(one, ast.Constant))


def _compiled(messages: dict[str, str]) -> bytes:
    """The format of GNU gettext: two tables of lengths and places, then the texts, ordered by message."""
    pairs = sorted((text.encode(), told.encode()) for text, told in messages.items())
    tables = 28 + 16 * len(pairs)
    places, texts = b"", b""
    for column in (0, 1):
        for pair in pairs:
            places += struct.pack("<II", len(pair[column]), tables + len(texts))
            texts += pair[column] + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0) + places + texts
