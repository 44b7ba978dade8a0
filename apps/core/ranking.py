"""Orders of lists that are not the alphabet's: low before high, new before resolved, no value last."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Case, F, IntegerField, Model, QuerySet, Value, When
from django.db.models.expressions import BaseExpression

OrderBy = str | BaseExpression


def place(field: str, words: Sequence[str]) -> Case:
    """Where the field's word stands among these; one that is none of them has no place."""
    whens = [When(**{field: word}, then=Value(at)) for at, word in enumerate(words)]
    return Case(*whens, output_field=IntegerField())


def ordered(
    queryset: QuerySet[Any], by: BaseExpression | F, *, is_descending: bool
) -> tuple[QuerySet[Any], bool]:
    """What a list's `order_…` answers with: in this order; what has no value stands last either way."""
    order = by.desc(nulls_last=True) if is_descending else by.asc(nulls_last=True)
    return queryset.order_by(order), True


def no_value_last(queryset: QuerySet[Any], order: OrderBy) -> OrderBy:
    """
    This order; where a row may have no value, such rows stand last either way.

    Databases differ in where they put them. What always has a value stays as it is: an index may
    hold that order.
    """
    if not isinstance(order, str) or not _may_be_missing(queryset, order.removeprefix("-")):
        return order
    field = F(order.removeprefix("-"))
    return field.desc(nulls_last=True) if order.startswith("-") else field.asc(nulls_last=True)


def _may_be_missing(queryset: QuerySet[Any], path: str) -> bool:
    if path in queryset.query.annotations:
        return True
    model: type[Model] | None = queryset.model
    for name in path.split("__"):
        if name == "pk":
            return False
        field = _field(model, name)
        if field is None or field.null:
            return True
        model = field.related_model
    return False


def _field(model: type[Model] | None, name: str) -> Any:
    """None for what is no field of the model, such as a key in a document."""
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None
