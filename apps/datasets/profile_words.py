"""What a profile says a person should look at, in words."""

from typing import Final

from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.core import numbers
from apps.core.wording import Sentence, percent, quoted, sentence, whole

LEAST_TOLD_SHARE: Final = 0.001


def _share(value: float) -> str:
    if value >= LEAST_TOLD_SHARE:
        return numbers.percent(value)
    return gettext("less than %(share)s") % {"share": numbers.percent(LEAST_TOLD_SHARE)}


SENTENCES: Final[dict[str, Sentence]] = {
    "datasets.repeated_rows": sentence(
        ngettext_lazy(
            "%(rows)s row (%(share)s) repeats an earlier row exactly.",
            "%(rows)s rows (%(share)s) repeat an earlier row exactly.",
            "rows",
        ),
        rows=whole,
        share=_share,
    ),
    "datasets.nearly_the_same": sentence(
        _("%(first)s and %(second)s say nearly the same (r = %(r)s)."), first=quoted, second=quoted
    ),
    "datasets.no_values": sentence(_("%(column)s has no values."), column=quoted),
    "datasets.infinite_values": sentence(
        ngettext_lazy(
            "%(column)s has %(values)s infinite value, left out of its figures.",
            "%(column)s has %(values)s infinite values, left out of its figures.",
            "values",
        ),
        column=quoted,
        values=whole,
    ),
    "datasets.key": sentence(_("%(column)s is different in every row: a key, not a feature."), column=quoted),
    "datasets.far_values": sentence(
        _("%(share)s of %(column)s lie far from its median (robust z above 3.5)."),
        column=quoted,
        share=percent,
    ),
    "datasets.estimates": sentence(
        _("Distinct values and quantiles of %(column)s are estimates."), column=quoted
    ),
    "datasets.constant": sentence(_("%(column)s has one value only."), column=quoted),
    "datasets.nearly_constant": sentence(
        _("%(column)s is nearly constant: %(share)s are %(value)s."),
        column=quoted,
        share=percent,
        value=quoted,
    ),
    "datasets.much_missing": sentence(
        _("%(column)s is missing in %(share)s of the rows."), column=quoted, share=percent
    ),
    "datasets.imbalanced": sentence(
        _("%(column)s is imbalanced: its rarer level has %(share)s of the rows."),
        column=quoted,
        share=percent,
    ),
    "datasets.correlations_cut": sentence(
        _("Correlations cover the first %(most)s of %(numbers)s numbers."), most=whole, numbers=whole
    ),
}
