"""
What kind a column is, found from all of its cells while they stream by.

Nothing becomes missing because it does not fit: one value that is not a number makes the
column text (or category), and a note says which value it was.
"""

import re
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from apps.core.said import Said, said
from apps.datasets.value_forms import (
    COMMA_NUMBER,
    DAY_FIRST,
    FORMS,
    INTEGER,
    ISO_UTC,
    MISSING,
    MONTH_FIRST,
    NUMBER,
    Form,
    has_long_integers,
    surely_decimal_comma,
)

_NUMERIC = (INTEGER, NUMBER, COMMA_NUMBER)
_MISSING_SET = pa.array(MISSING)
_NUMBER_TEXT = re.compile(r"-?(0|[1-9][0-9]{0,14}|(0|[1-9][0-9]*)?\.[0-9]+)([eE][-+]?[0-9]+)?")
_LOOKED_AT = 10_000
_PROBED = 32


@dataclass(slots=True)
class Choice:
    """How a column's texts become values: by ``form``, or as they are where there is none."""

    form: Form | None
    notes: list[Said] = field(default_factory=list)

    @property
    def arrow(self) -> pa.DataType:
        return self.form.arrow if self.form else pa.string()

    def convert(self, texts: pa.Array) -> pa.Array:
        """Typed values for texts that were seen before; missing ones stay missing."""
        if self.form is None:
            return texts
        present = pc.is_valid(texts)
        values = self.form.parse(texts.drop_null())
        if values is None:
            raise ValueError(f"These texts are not all of the form {self.form.name}.")
        if len(values) == len(texts):
            return values
        return pc.replace_with_mask(pa.nulls(len(texts), self.form.arrow), present, values)


class KindFinder:
    """Watches one column: call ``see`` for each batch of cells, ``choose`` at the end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.missing = 0
        self.count = 0
        self.longest = 0
        self.is_surely_comma = False
        self._forms: tuple[Form, ...] = FORMS
        self._trimmed = False
        self._long_integers = False
        self._misfit: str | None = None

    def see(self, cells: pa.Array) -> pa.Array:
        """The cells without blanks around them and with missing markers turned into null."""
        texts = self._trim(cells)
        is_missing = pc.is_in(texts, value_set=_MISSING_SET)
        missing = pc.sum(is_missing, min_count=0).as_py()
        if missing:
            texts = pc.if_else(is_missing, pa.scalar(None, pa.string()), texts)
        self.missing += missing
        self.count += len(texts) - missing
        if self._forms and missing < len(texts):
            self._narrow(texts.drop_null() if missing else texts)
        return texts

    def _trim(self, cells: pa.Array) -> pa.Array:
        lengths = pc.binary_length(cells)
        self.longest = max(self.longest, pc.max(lengths).as_py() or 0)
        texts = pc.utf8_trim_whitespace(cells)
        self._trimmed = self._trimmed or pc.sum(lengths) != pc.sum(pc.binary_length(texts))
        return texts

    def _narrow(self, texts: pa.Array) -> None:
        before = self._forms
        if INTEGER in before and _fits(INTEGER, texts):
            # Whatever is a whole number fits the other two as well: no need to try.
            self._forms = tuple(form for form in before if form in _NUMERIC)
            self._long_integers = self._long_integers or has_long_integers(texts)
            return
        self._forms = tuple(form for form in before if self._still_fits(form, texts))
        if COMMA_NUMBER in self._forms and NUMBER not in self._forms:
            self.is_surely_comma = self.is_surely_comma or surely_decimal_comma(texts)
        if not self._forms and any(form in _NUMERIC for form in before):
            self._misfit = _first_misfit(texts, seen_before=self.count > len(texts))

    def _still_fits(self, form: Form, texts: pa.Array) -> bool:
        if form is INTEGER or (form in _NUMERIC and self._long_integers):
            return False
        return _fits(form, texts)

    def choose(self, *, commas_are_decimal: bool) -> Choice:
        """
        The form that all values share, with notes for a person.

        ``commas_are_decimal`` is what the whole file says about a comma between digits; a
        column that cannot tell by itself follows it.
        """
        notes = self._common_notes()
        if self.count == 0:
            return Choice(None, [said("datasets.nothing_in_it", column=self.name)])
        if not self._forms:
            return Choice(None, notes + self._why_text())
        form = self._forms[0]
        if form is COMMA_NUMBER and not commas_are_decimal:
            notes.append(said("datasets.comma_unclear", column=self.name))
            return Choice(None, notes)
        if self._is_ambiguous_date():
            notes.append(said("datasets.date_unclear", column=self.name))
            return Choice(None, notes)
        return Choice(form, notes + self._reading_note(form))

    def _common_notes(self) -> list[Said]:
        if not self._trimmed:
            return []
        return [said("datasets.trimmed", column=self.name)]

    def _is_ambiguous_date(self) -> bool:
        day_first = any(form in self._forms for form in DAY_FIRST)
        return day_first and any(form in self._forms for form in MONTH_FIRST)

    def _reading_note(self, form: Form) -> list[Said]:
        if form is COMMA_NUMBER:
            return [said("datasets.decimal_comma", column=self.name)]
        if form in DAY_FIRST or form in MONTH_FIRST:
            return [said("datasets.date_form", column=self.name, form=form.name)]
        if form is ISO_UTC:
            return [said("datasets.in_utc", column=self.name)]
        return []

    def _why_text(self) -> list[Said]:
        if self._misfit is None:
            return []
        shown = self._misfit[:40]
        if re.fullmatch(r"-?0[0-9]+|\+[0-9]+", shown):
            why = "datasets.text_for_zeros"
        elif re.fullmatch(r"-?[0-9]{16,}", shown):
            why = "datasets.text_for_digits"
        else:
            why = "datasets.text_for_words"
        return [said(why, column=self.name, value=shown)]


def _fits(form: Form, texts: pa.Array) -> bool:
    # A few texts first: a cast that fails on every value of a block is slow.
    return form.parse(texts.slice(0, _PROBED)) is not None and form.parse(texts) is not None


def _first_misfit(texts: pa.Array, *, seen_before: bool) -> str | None:
    """
    The first text that is no plain number, in a column that otherwise looks like numbers.

    A column of words needs no such note: None where fewer than half of the texts are numbers.
    """
    looked_at = texts.slice(0, _LOOKED_AT).to_pylist()
    misfits = [text for text in looked_at if not _NUMBER_TEXT.fullmatch(text)]
    digits = sum(text.lstrip("+-").isdigit() for text in misfits)
    if not misfits:
        rest = texts.slice(_LOOKED_AT).to_pylist()
        return next((text for text in rest if not _NUMBER_TEXT.fullmatch(text)), None)
    numbers = len(looked_at) - len(misfits) + digits
    return misfits[0] if seen_before or numbers * 2 >= len(looked_at) else None
