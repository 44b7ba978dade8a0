"""What a person should look at in a profile, as plain sentences."""

from apps.datasets.profile_document import ColumnProfile, Correlation

MUCH_MISSING = 0.2
MANY_OUTLIERS = 0.05
NEARLY_THE_SAME = 0.98
NOTES_OF_A_KIND = 10
LEAST_TOLD_SHARE = 0.001


def notes_on(
    rows: int,
    duplicate_rows: int,
    columns: tuple[ColumnProfile, ...],
    correlations: tuple[Correlation, ...],
) -> list[str]:
    """Sentences on the rows first, then on columns in their order, then on pairs of columns."""
    notes = []
    if duplicate_rows:
        share = duplicate_rows / rows
        told = f"{share:.1%}" if share >= LEAST_TOLD_SHARE else "less than 0.1%"
        notes.append(f"{duplicate_rows:,} rows ({told}) repeat an earlier row exactly.")
    for column in columns:
        notes += _column_notes(column)
    alike = [pair for pair in correlations if abs(pair.r) >= NEARLY_THE_SAME]
    alike.sort(key=lambda pair: -abs(pair.r))
    notes += [
        f"“{pair.first}” and “{pair.second}” say nearly the same (r = {pair.r:.3f})."
        for pair in alike[:NOTES_OF_A_KIND]
    ]
    return notes


def _column_notes(column: ColumnProfile) -> list[str]:
    name = f"“{column.name}”"
    if column.count == 0:
        return [f"{name} has no values."]
    notes = [_constancy(name, column), _missing(name, column), _imbalance(name, column)]
    if column.infinite:
        notes.append(f"{name} has {column.infinite:,} infinite values, left out of its figures.")
    if column.is_key_candidate:
        notes.append(f"{name} is different in every row: a key, not a feature.")
    if column.outliers_robust_z and column.outliers_robust_z.share >= MANY_OUTLIERS:
        share = column.outliers_robust_z.share
        notes.append(f"{share:.1%} of {name} lie far from its median (robust z above 3.5).")
    if not column.is_exact:
        notes.append(f"Distinct values and quantiles of {name} are estimates.")
    return [note for note in notes if note]


def _constancy(name: str, column: ColumnProfile) -> str:
    if column.is_constant:
        return f"{name} has one value only."
    if column.is_near_constant:
        share = column.top[0][1] / column.count
        return f"{name} is nearly constant: {share:.1%} are “{column.top[0][0][:40]}”."
    return ""


def _missing(name: str, column: ColumnProfile) -> str:
    if column.missing_share < MUCH_MISSING:
        return ""
    return f"{name} is missing in {column.missing_share:.1%} of the rows."


def _imbalance(name: str, column: ColumnProfile) -> str:
    if not column.balance or not column.balance.is_imbalanced or column.distinct > 2:
        return ""
    rarest = min(column.balance.shares.values())
    return f"{name} is imbalanced: its rarer level has {rarest:.1%} of the rows."
