"""What reading a file says, in words: why it is refused, what to know about its columns, how far it is."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from apps.core.wording import Sentence, bytes_, one_of, quoted, sentence, whole

_FORMATS: Final[dict[str, Promise]] = {
    "parquet": _("a Parquet file"),
    "old_excel": _("an old Excel file (.xls)"),
    "gzip": _("a gzip archive"),
    "bzip2": _("a bzip2 archive"),
    "xz": _("an xz archive"),
    "7zip": _("a 7-zip archive"),
    "pdf": _("a PDF document"),
    "sqlite": _("an SQLite database"),
    "arrow": _("an Arrow file"),
    "pickle": _("a Python pickle, which is never opened here"),
    "image": _("an image"),
    "audio": _("an audio file"),
    "video": _("a video"),
}
_SEPARATORS: Final[dict[str, Promise]] = {
    "comma": _("comma"),
    "semicolon": _("semicolon"),
    "tab": _("tab"),
    "pipe": _("pipe"),
}
KINDS: Final[dict[str, Promise]] = {
    "integer": _("integer"),
    "number": _("number"),
    "boolean": _("boolean"),
    "category": _("category"),
    "text": _("text"),
    "timestamp": _("timestamp"),
    "date": _("date"),
}


def _separators(value: list[str]) -> str:
    return ", ".join(str(_SEPARATORS.get(name, name)) for name in value)


_NOT_READ: Final[dict[str, Sentence]] = {
    "datasets.file_empty": sentence(_("The file is empty.")),
    "datasets.other_format": sentence(
        _("This looks like %(format)s, not like a CSV file."), format=one_of(_FORMATS)
    ),
    "datasets.media": sentence(
        _(
            "This looks like %(format)s. The portal works with tabular data only: "
            "images, audio and video are not accepted."
        ),
        format=one_of(_FORMATS),
    ),
    "datasets.excel": sentence(
        _("This looks like an Excel file, not like a CSV file. Save the sheet as CSV.")
    ),
    "datasets.opendocument": sentence(
        _("This looks like an OpenDocument file, not like a CSV file. Save the sheet as CSV.")
    ),
    "datasets.zip": sentence(_("This looks like a zip archive, not like a CSV file. Unpack it first.")),
    "datasets.nul_bytes": sentence(
        _("Line %(line)s contains NUL bytes, so this is not a text file. If it is UTF-16, save it as UTF-8.")
    ),
    "datasets.nul_characters": sentence(_("Line %(line)s contains NUL characters.")),
    "datasets.invalid_bytes": sentence(
        _("Line %(line)s has bytes that are not valid %(encoding)s, though the file begins as such.")
    ),
    "datasets.one_column": sentence(
        _("The file has one column only. These separators were tried: %(separators)s."),
        separators=_separators,
    ),
    "datasets.many_columns": sentence(
        _("The header has %(columns)s columns; at most %(most)s are accepted."), columns=whole, most=whole
    ),
    "datasets.unnamed_columns": sentence(
        _("These columns have no name in the header: %(columns)s."), columns=quoted
    ),
    "datasets.repeated_names": sentence(
        _("These names stand more than once in the header: %(columns)s."), columns=quoted
    ),
    "datasets.ragged": sentence(
        ngettext_lazy(
            "Line %(line)s has %(found)s field, but the header has %(expected)s.",
            "Line %(line)s has %(found)s fields, but the header has %(expected)s.",
            "found",
        ),
        found=whole,
        expected=whole,
    ),
    "datasets.open_quote": sentence(_("The quote that is opened in line %(line)s is never closed.")),
    "datasets.long_value": sentence(_("A value in line %(line)s is too long. Is a quote not closed?")),
    "datasets.after_quote": sentence(_("In line %(line)s there is text after a closing quote.")),
    "datasets.bad_line": sentence(_("Line %(line)s cannot be read: %(problem)s.")),
    "datasets.at_line": sentence(_("%(what)s (line %(line)s)")),
    "datasets.file_too_large": sentence(
        _("The file has %(size)s; at most %(most)s are accepted."), size=bytes_, most=bytes_
    ),
    "datasets.header_alone": sentence(_("The file has a header but no rows.")),
    "datasets.many_rows": sentence(_("The file has more than %(most)s rows."), most=whole),
    "datasets.many_cells": sentence(_("The file has more than %(most)s cells."), most=whole),
    "datasets.large_value": sentence(
        _("A value of %(column)s has %(size)s; at most %(most)s are accepted."),
        column=quoted,
        size=bytes_,
        most=bytes_,
    ),
    "datasets.long_row": sentence(_("A row is longer than %(most)s. Is a quote not closed?"), most=bytes_),
    "datasets.no_csv": sentence(_("The file cannot be read as CSV: %(problem)s")),
    "datasets.no_table": sentence(_("The table cannot be read: %(problem)s")),
    "datasets.column_absent": sentence(_("The table has no column %(column)s."), column=quoted),
    "datasets.no_rows": sentence(_("The table has no rows.")),
    "datasets.other_kind": sentence(
        _("%(column)s has values that are not of the kind “%(kind)s”: %(problem)s"),
        column=quoted,
        kind=one_of(KINDS),
    ),
}

_NOTES: Final[dict[str, Sentence]] = {
    "datasets.not_utf8": sentence(_("The file is not UTF-8; it was read as %(encoding)s.")),
    "datasets.control_characters": sentence(_("Control characters in column names were replaced by blanks.")),
    "datasets.numbers_as_names": sentence(_("All column names are numbers: does the file lack a header?")),
    "datasets.nothing_in_it": sentence(_("%(column)s has no values at all."), column=quoted),
    "datasets.comma_unclear": sentence(
        _("%(column)s stays text: a comma there may separate decimals or thousands."), column=quoted
    ),
    "datasets.date_unclear": sentence(
        _("%(column)s stays text: its dates may be day/month or month/day, and no value tells which."),
        column=quoted,
    ),
    "datasets.trimmed": sentence(_("Blanks around the values of %(column)s were removed."), column=quoted),
    "datasets.decimal_comma": sentence(_("%(column)s was read with a decimal comma."), column=quoted),
    "datasets.date_form": sentence(
        _("The dates of %(column)s were read as %(form)s."),
        column=quoted,
        form=one_of({"day_first": _("day.month.year"), "month_first": _("month/day/year")}),
    ),
    "datasets.in_utc": sentence(_("The times of %(column)s are kept in UTC."), column=quoted),
    "datasets.text_for_zeros": sentence(
        _("%(column)s stays text: codes with leading zeros or plus signs such as %(value)s would lose them."),
        column=quoted,
        value=quoted,
    ),
    "datasets.text_for_digits": sentence(
        _("%(column)s stays text: whole numbers as long as %(value)s would lose digits as numbers."),
        column=quoted,
        value=quoted,
    ),
    "datasets.text_for_words": sentence(
        _("%(column)s stays text: beside numbers it has values such as %(value)s."),
        column=quoted,
        value=quoted,
    ),
    "datasets.gathered": sentence(_("The rows were gathered by the portal.")),
}

_DOING: Final[dict[str, Sentence]] = {
    "datasets.doing_look": sentence(_("Looking at the file")),
    "datasets.doing_rows": sentence(_("Reading the rows")),
    "datasets.doing_columns": sentence(_("Writing typed columns")),
    "datasets.doing_write": sentence(_("Writing the rows")),
    "datasets.doing_profile": sentence(_("Profiling the columns")),
    "datasets.done": sentence(_("Done")),
}

SENTENCES: Final = {**_NOT_READ, **_NOTES, **_DOING}
