"""Orders of lists that are not the alphabet's: low before high, new before resolved, no value last."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.expressions import BaseExpression


def place(field: str, words: Sequence[str]) -> Case:
    """Where the field's word stands among these; one that is none of them has no place."""
    whens = [When(**{field: word}, then=Value(at)) for at, word in enumerate(words)]
    return Case(*whens, output_field=IntegerField())


def ordered(
    queryset: QuerySet[Any], by: BaseExpression, *, is_descending: bool
) -> tuple[QuerySet[Any], bool]:
    """What a list's `order_…` answers with: in this order; what has no value stands last either way."""
    order = by.desc(nulls_last=True) if is_descending else by.asc(nulls_last=True)
    return queryset.order_by(order), True
