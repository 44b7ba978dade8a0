"""Why a file cannot be read, and where in the file that is."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apps.core.said import Said, said

SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "parquet"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7zip"),
    (b"%PDF-", "pdf"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"ARROW1", "arrow"),
    (b"\x80\x04\x95", "pickle"),
)
_MEDIA: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"ID3", "audio"),
    (b"OggS", "audio"),
    (b"fLaC", "audio"),
    (b"\x1aE\xdf\xa3", "video"),
)
_RIFF = {b"WAVE": "audio", b"AVI ": "video", b"WEBP": "image"}


class Unreadable(Exception):
    """The file cannot be read: ``sentence`` tells a person why, ``line`` (from 1) where, if it is known."""

    def __init__(self, sentence: Said, line: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the text is written. ``decimal`` is "," where a column of numbers uses it."""

    encoding: str
    separator: str
    quote: str
    has_bom: bool = False
    decimal: str = "."

    def as_json(self) -> dict[str, str | bool]:
        return {
            "encoding": self.encoding,
            "separator": self.separator,
            "quote": self.quote,
            "has_bom": self.has_bom,
            "decimal": self.decimal,
        }


def refuse_binary(head: bytes) -> None:
    """Raise Unreadable where the first bytes are those of a format that is not text."""
    if head.startswith(b"PK\x03\x04"):
        raise Unreadable(_zip(head))
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise Unreadable(said("datasets.other_format", format=what))
    if media := _media(head):
        raise Unreadable(said("datasets.media", format=media))


def _zip(head: bytes) -> Said:
    if b"[Content_Types].xml" in head or b"xl/" in head or b"_rels/" in head:
        return said("datasets.excel")
    if b"opendocument" in head:
        return said("datasets.opendocument")
    return said("datasets.zip")


def _media(head: bytes) -> str | None:
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "video"
    if head.startswith((b"\xff\xfb", b"\xff\xf3")):
        return "audio"
    return next((what for signature, what in _MEDIA if head.startswith(signature)), None)


def explain(source: Path, dialect: Dialect, *, cell_bytes: int) -> Unreadable | None:
    """
    Find what is wrong by reading the file line by line; None where nothing is.

    The fast reader knows that a row is wrong but not in which line of the file it stands once
    a quoted value contains line breaks, so the exact place is looked up only when it is needed.
    """
    limit_before = csv.field_size_limit(cell_bytes)
    try:
        with source.open(encoding=dialect.encoding, newline="") as text:
            return _first_wrong(
                csv.reader(text, delimiter=dialect.separator, quotechar=dialect.quote, strict=True)
            )
    finally:
        csv.field_size_limit(limit_before)


def _first_wrong(rows: Iterator[list[str]]) -> Unreadable | None:
    expected, line = 0, 0
    while True:
        start = line + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            return Unreadable(_wrong(str(error), start), start)
        if row is None:
            return None
        line = rows.line_num  # type: ignore[attr-defined]
        expected = expected or len(row)
        if row and len(row) != expected:
            return Unreadable(said("datasets.ragged", line=start, expected=expected, found=len(row)), start)


def _wrong(error: str, line: int) -> Said:
    if "unexpected end of data" in error:
        return said("datasets.open_quote", line=line)
    if "field larger than" in error:
        return said("datasets.long_value", line=line)
    if "expected after" in error:
        return said("datasets.after_quote", line=line)
    return said("datasets.bad_line", line=line, problem=error)
