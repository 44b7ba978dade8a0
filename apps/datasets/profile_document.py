"""
What a profile says about a dataset version, and its form as plain JSON.

Values of dates and times are ISO 8601 texts, those of numbers numbers; nothing is NaN: what
does not exist (the mean of no values) is None.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self

from apps.core.said import Said, revived
from apps.datasets.column_kinds import ColumnKind

Value = float | int | str

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Histogram:
    """``counts[i]`` values lie in [edges[i], edges[i+1]), the last bin has both ends."""

    edges: list[Value]
    counts: list[int]


@dataclass(frozen=True, slots=True)
class Outliers:
    """Values outside [lower, upper]: how many, and their share of the values that are there."""

    lower: float
    upper: float
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Balance:
    """``minority_to_majority`` is the rarest level's count over the most frequent one's."""

    shares: dict[str, float]
    minority_to_majority: float
    is_imbalanced: bool


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """
    One column. ``count`` leaves missing values out, ``std`` is the sample's (n - 1),
    ``quantiles`` has the keys of QUANTILES as text and interpolates linearly for numbers.
    ``is_exact`` is False where distinct, quantiles, histogram, top and outliers are estimates.
    ``levels`` has every level's count for categories and booleans.
    """

    name: str
    kind: ColumnKind
    count: int
    missing: int
    distinct: int
    is_exact: bool = True
    infinite: int = 0
    min: Value | None = None
    max: Value | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: dict[str, Value] | None = None
    histogram: Histogram | None = None
    top: tuple[tuple[str, int], ...] = ()
    levels: dict[str, int] | None = None
    outliers_iqr: Outliers | None = None
    outliers_robust_z: Outliers | None = None
    balance: Balance | None = None
    is_constant: bool = False
    is_near_constant: bool = False
    is_key_candidate: bool = False

    @property
    def missing_share(self) -> float:
        rows = self.count + self.missing
        return self.missing / rows if rows else 0.0

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        parts = dict(document)
        parts["kind"] = ColumnKind(parts["kind"])
        parts["top"] = tuple((text, times) for text, times in parts["top"])
        for name, made in _PARTS.items():
            parts[name] = made(**parts[name]) if parts[name] else None
        return cls(**parts)


_PARTS: dict[str, Any] = {
    "histogram": Histogram,
    "outliers_iqr": Outliers,
    "outliers_robust_z": Outliers,
    "balance": Balance,
}


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's r of two numeric columns over the ``count`` rows where both have values."""

    first: str
    second: str
    r: float
    count: int


@dataclass(frozen=True, slots=True)
class DatasetProfile:
    """``duplicate_rows`` counts the rows that repeat an earlier one in every column."""

    rows: int
    duplicate_rows: int
    columns: tuple[ColumnProfile, ...]
    correlations: tuple[Correlation, ...] = ()
    notes: tuple[Said, ...] = ()

    def column(self, name: str) -> ColumnProfile:
        """The column's profile; KeyError where there is no such column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        document = asdict(self)
        for column in document["columns"]:
            column["kind"] = str(column["kind"])
            column["top"] = [list(pair) for pair in column["top"]]
        for name in ("columns", "correlations"):
            document[name] = list(document[name])
        return {**document, "notes": list(self.notes)}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        return cls(
            rows=document["rows"],
            duplicate_rows=document["duplicate_rows"],
            columns=tuple(ColumnProfile.from_json(column) for column in document["columns"]),
            correlations=tuple(Correlation(**pair) for pair in document["correlations"]),
            notes=tuple(revived(document["notes"])),
        )
