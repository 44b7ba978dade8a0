"""
How a text file is written: encoding, separator, quote and header, found from its bytes.

The encoding and the check for NUL bytes look at the whole file, in blocks; the separator and
the quote at the first megabyte.
"""

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from apps.core.said import Said, said
from apps.datasets.refusals import SEPARATOR_NAMES, Dialect, Unreadable, refuse_binary

SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 200
BLOCK_BYTES = 1 << 22

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """A file's dialect and header, and whether its quotes make a pair each."""

    dialect: Dialect
    raw_header: list[str]
    header: list[str]
    has_quotes: bool
    quotes_pair: bool
    notes: list[Said]


def detect(source: Path, *, most_columns: int) -> Layout:
    """Find out how the file is written. Raises Unreadable with the reason where it is not CSV."""
    with source.open("rb") as binary:
        head = binary.read(SAMPLE_BYTES)
    if not head.strip():
        raise Unreadable(said("datasets.file_empty"))
    refuse_binary(head)
    encoding, has_bom, notes = _encoding(source, head)
    sample = _decoded(head, encoding)
    if not sample.strip():
        raise Unreadable(said("datasets.file_empty"))
    quote = _quote(sample)
    separator = _separator(sample, quote)
    raw_header = next(row for row in _rows(sample, separator, quote) if row)
    header, header_notes = _checked_header(raw_header, most_columns)
    marks = _count(source, quote.encode("ascii"))
    return Layout(
        Dialect(encoding, separator, quote, has_bom),
        raw_header,
        header,
        has_quotes=marks > 0,
        quotes_pair=marks % 2 == 0,
        notes=notes + header_notes,
    )


def _encoding(source: Path, head: bytes) -> tuple[str, bool, list[Said]]:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            _decode_all(source, encoding)
            return ("utf-8-sig" if bom == codecs.BOM_UTF8 else encoding), True, []
    if (line := _line_of(source, b"\0")) is not None:
        raise Unreadable(said("datasets.nul_bytes", line=line), line)
    if _is_utf8(source):
        return "utf-8", False, []
    encoding = "cp1252" if _decodes(source, "cp1252") else "latin-1"
    name = "Windows-1252" if encoding == "cp1252" else "Latin-1"
    return encoding, False, [said("datasets.not_utf8", encoding=name)]


def _is_utf8(source: Path) -> bool:
    """
    False where the bytes are of an eight-bit encoding. A file that is UTF-8 up to some line,
    with characters beyond ASCII before it, is a damaged UTF-8 file and is refused.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, beyond_ascii = 1, False
    with source.open("rb") as binary:
        while block := binary.read(BLOCK_BYTES):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                good = error.object[: error.start]
                if beyond_ascii or not good.isascii():
                    raise _invalid("UTF-8", line + good.count(b"\n")) from None
                return False
            beyond_ascii = beyond_ascii or not text.isascii()
            line += block.count(b"\n")
    if decoder.getstate()[0]:
        if beyond_ascii:
            raise _invalid("UTF-8", line)
        return False
    return True


def _decode_all(source: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with source.open("rb") as binary:
        while True:
            block = binary.read(BLOCK_BYTES)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode(encoding, errors="ignore")
                raise _invalid(encoding.upper(), line + good.count("\n")) from None
            if (at := text.find("\0")) >= 0:
                line += text.count("\n", 0, at)
                raise Unreadable(said("datasets.nul_characters", line=line), line)
            if not block:
                return
            line += text.count("\n")


def _invalid(encoding: str, line: int) -> Unreadable:
    return Unreadable(said("datasets.invalid_bytes", line=line, encoding=encoding), line)


def _decodes(source: Path, encoding: str) -> bool:
    with source.open("rb") as binary:
        while block := binary.read(BLOCK_BYTES):
            try:
                block.decode(encoding)
            except UnicodeDecodeError:
                return False
    return True


def _line_of(source: Path, byte: bytes) -> int | None:
    line = 1
    with source.open("rb") as binary:
        while block := binary.read(BLOCK_BYTES):
            if (at := block.find(byte)) >= 0:
                return line + block.count(b"\n", 0, at)
            line += block.count(b"\n")
    return None


def _count(source: Path, byte: bytes) -> int:
    with source.open("rb") as binary:
        return sum(block.count(byte) for block in iter(lambda: binary.read(BLOCK_BYTES), b""))


def _decoded(head: bytes, encoding: str) -> str:
    # The last character may be cut in two by the end of the sample.
    return codecs.getincrementaldecoder(encoding)().decode(head)


def _quote(sample: str) -> str:
    """The single quote only where it is used like one and the double quote is nowhere."""
    if '"' in sample or "'" not in sample:
        return '"'
    opened = len(re.findall(r"(?:^|[,;\t|])'", sample, flags=re.MULTILINE))
    closed = len(re.findall(r"'(?=[,;\t|\r\n]|\Z)", sample))
    return "'" if opened >= 2 and opened == closed else '"'


def _separator(sample: str, quote: str) -> str:
    """The separator that cuts most rows into as many fields as the header, more fields first."""
    scores = {mark: _score(_rows(sample, mark, quote)) for mark in SEPARATOR_NAMES}
    best = max(scores, key=lambda mark: scores[mark])
    if scores[best][1] < 2:
        raise Unreadable(said("datasets.one_column", separators=list(SEPARATOR_NAMES.values())), 1)
    return best


def _score(rows: list[list[str]]) -> tuple[float, int]:
    widths = [len(row) for row in rows if row]
    if not widths or widths[0] < 2:
        return 0.0, 1
    alike = sum(width == widths[0] for width in widths) / len(widths)
    return round(alike, 1), widths[0]


def _rows(sample: str, separator: str, quote: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator, quotechar=quote)
    rows: list[list[str]] = []
    try:
        while len(rows) <= SAMPLE_ROWS and (row := next(reader, None)) is not None:
            rows.append(row)
    except csv.Error:
        # A value longer than the reader takes; what came before it is enough to judge by.
        return rows or [[sample[:100]]]
    cut_off = len(sample) >= SAMPLE_BYTES // 4 and len(rows) <= SAMPLE_ROWS
    return rows[:-1] if cut_off and len(rows) > 1 else rows


def _checked_header(raw: list[str], most_columns: int) -> tuple[list[str], list[Said]]:
    if len(raw) > most_columns:
        raise Unreadable(said("datasets.many_columns", columns=len(raw), most=most_columns), 1)
    names = [_CONTROL.sub(" ", name).strip() for name in raw]
    if empty := [str(place) for place, name in enumerate(names, 1) if not name]:
        raise Unreadable(said("datasets.unnamed_columns", columns=empty), 1)
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise Unreadable(said("datasets.repeated_names", columns=twice), 1)
    return names, _header_notes(raw, names)


def _header_notes(raw: list[str], names: list[str]) -> list[Said]:
    notes = []
    if any(_CONTROL.search(name) for name in raw):
        notes.append(said("datasets.control_characters"))
    if all(re.fullmatch(r"[-+]?[\d.,]+", name) for name in names):
        notes.append(said("datasets.numbers_as_names"))
    return notes
