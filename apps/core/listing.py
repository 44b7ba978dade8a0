"""Lists: the address sorts, pages and exports them, and each person chooses the columns."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

import django_tables2 as tables
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.context_processors import csrf
from django_tables2.data import TableQuerysetData

from apps.core import exports, paging, ranking
from apps.core.numbers import NOTHING

SIZES: Final = (25, 50, 100, 200)
_PIECE: Final = 500
_LISTS: "dict[str, type[Listing]]" = {}


class Listing(tables.Table):
    """
    A list of the portal. Subclasses name the columns (see core.columns).

    `key` is the list's name in what people chose and in the exported file's name; a column in
    `always` cannot be hidden, one in `at_first_hidden` is there for those who choose it. Give it
    an ordered queryset; `?sort=` puts another order first.
    """

    key: ClassVar[str]
    always: ClassVar[frozenset[str]] = frozenset()
    css: ClassVar[str] = ""
    at_first_hidden: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        _LISTS[cls.key] = cls

    def __init__(
        self, found: Any, request: HttpRequest, *, context: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        self.part_context = {
            "user": request.user,
            "csrf_token": csrf(request)["csrf_token"],
            **(context or {}),
        }
        self.hidden = self._hidden_by(request) - self.always
        data = _Pieces(found) if isinstance(found, QuerySet) else found
        super().__init__(
            data,
            exclude=sorted(self.hidden),
            order_by_field="sort",
            default=NOTHING,
            attrs={"class": f"table {self.css}".strip()},
            **more,
        )
        for name, column in self.columns.columns.items():
            # Not what `render_…` drew: a file holds no markup.
            column.value = getattr(self, f"value_{name}", column.column.value)
        if wanted := request.GET.getlist("sort"):
            self.order_by = wanted
        self.sizes = SIZES
        self.paginator = Paginator(self.rows, size(request.GET))
        self.page = self.paginator.get_page(request.GET.get("page"))

    @property
    def records(self) -> list[Any]:
        """The objects on this page."""
        shown: Any = self.page.object_list
        return list(shown.data)

    def complete(self, records: list[Any]) -> list[Any]:
        """Adds what a page's rows need besides their query, in as few queries as that takes."""
        return records

    def _hidden_by(self, request: HttpRequest) -> frozenset[str]:
        chosen: Mapping[str, list[str]] = getattr(request.user, "hidden_columns", {})
        return frozenset(chosen.get(self.key, self.at_first_hidden))

    @classmethod
    def can_hide(cls) -> set[str]:
        return {name for name, column in cls.base_columns.items() if column.verbose_name} - cls.always

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Columns that can be hidden: name, word, whether it is shown."""
        free = self.can_hide()
        return [
            (name, str(column.verbose_name), name not in self.hidden)
            for name, column in self.base_columns.items()
            if name in free
        ]

    def as_csv(self) -> StreamingHttpResponse:
        """All rows of the list, not of the page alone, with the columns that are shown."""
        rows = self.as_values()
        header = next(rows)
        lines = exports.csv_lines(header, (["" if cell == NOTHING else cell for cell in row] for row in rows))
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{self.key}.csv"'
        return answer


def show(
    request: HttpRequest, template: str, table: Listing, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponseBase:
    """The page with its table; the table as a file where the address says `format=csv`."""
    if request.GET.get("format") == "csv":
        return table.as_csv()
    return render(request, template, {**context, "table": table, "page": table.page}, status=status)


def named(key: str) -> type[Listing] | None:
    """The list of that name; None where there is none."""
    return _LISTS.get(key)


def size(query: Mapping[str, str]) -> int:
    """Rows on a page, from `?size=`; the smallest where it is none of those offered."""
    wanted = query.get("size", "")
    return int(wanted) if wanted in map(str, SIZES) else SIZES[0]


class _Pieces(TableQuerysetData):
    """Ids are sorted and cut (core.paging); then the objects of a piece are fetched as a whole."""

    data: Any

    def __getitem__(self, key: slice) -> list[Any]:
        return self._fetched(list(self._ids()[key]))

    def __iter__(self) -> Iterator[Any]:
        ids = list(self._ids())
        for start in range(0, len(ids), _PIECE):
            yield from self._fetched(ids[start : start + _PIECE])

    def order_by(self, aliases: Any) -> None:
        """No value is last; the id decides between equals: a row stands on one page, and on one only."""
        super().order_by(aliases)
        orders = [ranking.no_value_last(self.data, order) for order in self.data.query.order_by]
        self.data = self.data.order_by(*orders, "pk")

    def _ids(self) -> QuerySet[Any, int]:
        ids: QuerySet[Any, int] = self.data.values_list("pk", flat=True)
        return ids

    def _fetched(self, ids: list[int]) -> list[Any]:
        completed: list[Any] = self.table.complete(paging.fetched(self.data, ids))
        return completed
