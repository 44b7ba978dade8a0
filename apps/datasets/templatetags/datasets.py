"""Small parts of the pages of datasets."""

from django import template

from apps.datasets.reading_words import KINDS

register = template.Library()


@register.filter
def kind_name(kind: object) -> str:
    """The kind of a column, in the reader's language."""
    return str(KINDS.get(str(kind or ""), kind or ""))
