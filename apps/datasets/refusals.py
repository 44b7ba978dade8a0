"""Why a file cannot be read: the sentence for a person, and where in the file it is."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"),
    (b"%PDF-", "a PDF document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"\x80\x04\x95", "a Python pickle, which is never opened here"),
)
_MEDIA: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"ID3", "an audio file"),
    (b"OggS", "an audio file"),
    (b"fLaC", "an audio file"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_RIFF = {b"WAVE": "an audio file", b"AVI ": "a video", b"WEBP": "an image"}


class Unreadable(Exception):
    """The file cannot be read: ``sentence`` for a person, ``line`` (from 1) where it is known."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
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
        raise Unreadable(_zip_sentence(head))
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise Unreadable(f"This looks like {what}, not like a CSV file.")
    if media := _media(head):
        raise Unreadable(
            f"This looks like {media}. The portal works with tabular data only: "
            "images, audio and video are not accepted."
        )


def _zip_sentence(head: bytes) -> str:
    if b"[Content_Types].xml" in head or b"xl/" in head or b"_rels/" in head:
        return "This looks like an Excel file, not like a CSV file. Save the sheet as CSV."
    if b"opendocument" in head:
        return "This looks like an OpenDocument file, not like a CSV file. Save the sheet as CSV."
    return "This looks like a zip archive, not like a CSV file. Unpack it first."


def _media(head: bytes) -> str | None:
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "a video"
    if head.startswith((b"\xff\xfb", b"\xff\xf3")):
        return "an audio file"
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
            return Unreadable(*_said(str(error), start))
        if row is None:
            return None
        line = rows.line_num  # type: ignore[attr-defined]
        expected = expected or len(row)
        if row and len(row) != expected:
            return Unreadable(_ragged(start, expected, len(row)), start)


def _ragged(line: int, expected: int, found: int) -> str:
    return f"Line {line} has {found} fields, but the header has {expected}."


def _said(error: str, line: int) -> tuple[str, int]:
    if "unexpected end of data" in error:
        return f"The quote that is opened in line {line} is never closed.", line
    if "field larger than" in error:
        return f"A value in line {line} is too long. Is a quote not closed?", line
    if "expected after" in error:
        return f"In line {line} there is text after a closing quote.", line
    return f"Line {line} cannot be read: {error}.", line
