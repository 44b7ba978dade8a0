"""A profile as the page tells it: one row a column, and which columns belong together."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.datasets.charts import Bars, bars
from apps.datasets.profile_document import ColumnProfile, Correlation, DatasetProfile, Outliers, Value

MOST_TOP = 5
MOST_BARS = 30
MOST_PAIRS = 12
WEAKEST_TOLD = 0.1


@dataclass(frozen=True, slots=True)
class Level:
    name: str
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """`low`, `median`, `high` are None where the column has no order."""

    profile: ColumnProfile
    bars: Bars | None
    low: Value | None
    q1: Value | None
    median: Value | None
    q3: Value | None
    high: Value | None
    top: tuple[Level, ...]

    @property
    def missing_percent(self) -> float:
        return self.profile.missing_share * 100

    @property
    def outliers(self) -> Outliers | None:
        found = self.profile.outliers_iqr
        return found if found and found.count else None

    @property
    def outlier_percent(self) -> float:
        return self.outliers.share * 100 if self.outliers else 0.0


def rows(columns: Iterable[ColumnProfile]) -> list[ColumnRow]:
    return [_row(column) for column in columns]


def _row(column: ColumnProfile) -> ColumnRow:
    quantiles = column.quantiles or {}
    return ColumnRow(
        profile=column,
        bars=picture(column),
        low=column.min,
        q1=quantiles.get("0.25"),
        median=quantiles.get("0.5"),
        q3=quantiles.get("0.75"),
        high=column.max,
        top=() if column.kind.is_numeric or column.kind.is_temporal else _top(column),
    )


def picture(column: ColumnProfile | None) -> Bars | None:
    """Its histogram, or its levels by frequency."""
    if column is None:
        return None
    if column.histogram:
        return bars(column.histogram.counts)
    counts = sorted((column.levels or {}).values(), reverse=True) or [times for _name, times in column.top]
    return bars(counts[:MOST_BARS])


def _top(column: ColumnProfile) -> tuple[Level, ...]:
    return tuple(
        Level(name, times, times / column.count * 100 if column.count else 0.0)
        for name, times in column.top[:MOST_TOP]
    )


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """`ratio` is the rarest level's count over the most frequent one's."""

    name: str
    levels: tuple[Level, ...]
    ratio: float
    is_imbalanced: bool


def balances(profile: DatasetProfile) -> list[BalanceRow]:
    """Columns with few levels, which could be targets; the fewest levels first."""
    found = [
        BalanceRow(
            column.name,
            tuple(
                Level(name, round(share * column.count), share * 100)
                for name, share in sorted(column.balance.shares.items(), key=lambda level: -level[1])
            ),
            column.balance.minority_to_majority,
            column.balance.is_imbalanced,
        )
        for column in profile.columns
        if column.balance
    ]
    return sorted(found, key=lambda row: len(row.levels))


@dataclass(frozen=True, slots=True)
class PairRow:
    pair: Correlation
    bar: float


def strongest(profile: DatasetProfile) -> list[PairRow]:
    """The pairs of numeric columns that go together, strongest first; `bar` is 0 to 100."""
    told = [pair for pair in profile.correlations if abs(pair.r) >= WEAKEST_TOLD]
    ordered = sorted(told, key=lambda pair: -abs(pair.r))
    return [PairRow(pair, abs(pair.r) * 100) for pair in ordered[:MOST_PAIRS]]
