"""Pages of long lists whose rows are wide."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


def page_of(found: QuerySet[Any], rows: QuerySet[Any], *, size: int, number: str | None) -> "Page[Any]":
    """
    A page of `found`, each object as `rows` (joins, prefetches) fetches it.

    The ids alone are sorted and cut, mostly along an index; sorting a hundred thousand wide rows to
    show fifty costs a hundred times that.
    """
    page: Page[Any] = Paginator(found.values_list("pk", flat=True), size).get_page(number)
    fetched = rows.in_bulk(list(page.object_list))
    page.object_list = [fetched[pk] for pk in page.object_list if pk in fetched]
    return page
