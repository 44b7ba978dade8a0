"""What a person should look at in a profile. The words are in profile_words."""

from apps.core.said import Said, said
from apps.datasets.profile_document import ColumnProfile, Correlation

MUCH_MISSING = 0.2
MANY_OUTLIERS = 0.05
NEARLY_THE_SAME = 0.98
NOTES_OF_A_KIND = 10


def notes_on(
    rows: int,
    duplicate_rows: int,
    columns: tuple[ColumnProfile, ...],
    correlations: tuple[Correlation, ...],
) -> list[Said]:
    """On the rows first, then on columns in their order, then on pairs of columns."""
    notes = []
    if duplicate_rows:
        notes.append(said("datasets.repeated_rows", rows=duplicate_rows, share=duplicate_rows / rows))
    for column in columns:
        notes += _column_notes(column)
    alike = [pair for pair in correlations if abs(pair.r) >= NEARLY_THE_SAME]
    alike.sort(key=lambda pair: -abs(pair.r))
    notes += [
        said("datasets.nearly_the_same", first=pair.first, second=pair.second, r=pair.r)
        for pair in alike[:NOTES_OF_A_KIND]
    ]
    return notes


def _column_notes(column: ColumnProfile) -> list[Said]:
    name = column.name
    if column.count == 0:
        return [said("datasets.no_values", column=name)]
    notes = [*_constancy(column), *_missing(column), *_imbalance(column)]
    if column.infinite:
        notes.append(said("datasets.infinite_values", column=name, values=column.infinite))
    if column.is_key_candidate:
        notes.append(said("datasets.key", column=name))
    if column.outliers_robust_z and column.outliers_robust_z.share >= MANY_OUTLIERS:
        notes.append(said("datasets.far_values", column=name, share=column.outliers_robust_z.share))
    if not column.is_exact:
        notes.append(said("datasets.estimates", column=name))
    return notes


def _constancy(column: ColumnProfile) -> list[Said]:
    if column.is_constant:
        return [said("datasets.constant", column=column.name)]
    if column.is_near_constant:
        value, times = column.top[0]
        share = times / column.count
        return [said("datasets.nearly_constant", column=column.name, share=share, value=value[:40])]
    return []


def _missing(column: ColumnProfile) -> list[Said]:
    if column.missing_share < MUCH_MISSING:
        return []
    return [said("datasets.much_missing", column=column.name, share=column.missing_share)]


def _imbalance(column: ColumnProfile) -> list[Said]:
    if not column.balance or not column.balance.is_imbalanced or column.distinct > 2:
        return []
    rarest = min(column.balance.shares.values())
    return [said("datasets.imbalanced", column=column.name, share=rarest)]
