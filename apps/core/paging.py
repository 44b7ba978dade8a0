"""
Pages of long lists whose rows are wide: the ids alone are sorted and cut, mostly along an index.

Sorting a hundred thousand wide rows to show fifty costs a hundred times that.
"""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


def fetched(rows: QuerySet[Any], ids: Sequence[int]) -> list[Any]:
    """The objects of these ids, in their order, as `rows` (joins, annotations) fetches them. One query."""
    found = rows.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


class IdsFirst(Paginator):
    """A page of a queryset costs its own rows, wherever in the list it stands."""

    def page(self, number: int | str) -> "Page[Any]":
        page, rows = super().page(number), self.object_list
        if isinstance(page.object_list, QuerySet) and isinstance(rows, QuerySet):
            page.object_list = fetched(rows, list(page.object_list.values_list("pk", flat=True)))
        return page
