"""Why something cannot be trained, in words: settings that make no sense, data that do not fit them."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from apps.core.wording import Sentence, listed_up_to, one_of, quoted, sentence, whole

SIDES: Final[dict[str, Promise]] = {"training": _("training"), "held_out": _("held-out")}

_SETTINGS: Final[dict[str, Sentence]] = {
    "experiments.no_target": sentence(_("No target is named.")),
    "experiments.unknown_setting": sentence(_("The settings have no %(name)s."), name=quoted),
    "experiments.unknown_algorithm": sentence(_("There is no algorithm %(names)s."), names=quoted),
    "experiments.no_algorithm": sentence(_("At least one algorithm must be chosen.")),
    "experiments.folds_out_of_range": sentence(_("The number of folds must be from 2 to 20.")),
    "experiments.share_out_of_range": sentence(_("The held-out share must be from 0.05 to 0.5.")),
    "experiments.no_time_column": sentence(_("A split by time needs the time column.")),
    "experiments.threshold_out_of_range": sentence(_("The decision threshold must lie between 0 and 1.")),
    "experiments.target_as_feature": sentence(_("The target cannot be a feature.")),
    "experiments.empty_features": sentence(_("The list of features is empty.")),
    "experiments.no_time_budget": sentence(_("The time budget must be above zero.")),
    "experiments.no_trials": sentence(_("At least one trial per algorithm is needed.")),
    "experiments.unknown_outliers": sentence(_("The recipe's outliers must be “keep”, “clip” or “drop”.")),
    "experiments.unknown_split": sentence(_("The split must be “random” or “time”.")),
    "experiments.unknown_task": sentence(_("The task must be binary, multiclass, regression or auto.")),
    "experiments.metric_of_other_task": sentence(
        _("The metric %(metric)s does not fit the task %(task)s."), metric=quoted
    ),
    "experiments.metric_of_other_target": sentence(
        _("The metric %(metric)s does not fit a %(task)s target; take %(fitting)s."), metric=quoted
    ),
}

_TARGET: Final[dict[str, Sentence]] = {
    "experiments.target_absent": sentence(_("The target %(target)s is not in the data."), target=quoted),
    "experiments.target_empty": sentence(_("The target %(target)s has no value in any row."), target=quoted),
    "experiments.target_missing": sentence(
        ngettext_lazy(
            "The target %(target)s is missing in %(rows)s row, and the recipe does not drop it.",
            "The target %(target)s is missing in %(rows)s rows, and the recipe does not drop them.",
            "rows",
        ),
        target=quoted,
        rows=whole,
    ),
    "experiments.target_constant": sentence(
        _("The target %(target)s is always %(value)s: there is nothing to learn."),
        target=quoted,
        value=quoted,
    ),
    "experiments.target_no_number": sentence(
        _("The target %(target)s is not a number, so it cannot be a regression."), target=quoted
    ),
    "experiments.target_not_binary": sentence(
        _("The target %(target)s has %(classes)s classes; binary needs exactly two."),
        target=quoted,
        classes=whole,
    ),
    "experiments.target_many_classes": sentence(
        _(
            "The target %(target)s has %(classes)s classes in %(rows)s rows; at most %(most)s, with "
            "several rows each, make sense."
        ),
        target=quoted,
        classes=whole,
        rows=whole,
        most=whole,
    ),
    "experiments.positive_class_absent": sentence(
        _("The positive class %(value)s is not in the target; it has %(first)s and %(second)s."),
        value=quoted,
        first=quoted,
        second=quoted,
    ),
    "experiments.favourable_class_absent": sentence(
        _("The favourable class %(value)s is not in the target."), value=quoted
    ),
    "experiments.column_infinite": sentence(
        ngettext_lazy(
            "The column %(column)s has %(values)s infinite value.",
            "The column %(column)s has %(values)s infinite values.",
            "values",
        ),
        column=quoted,
        values=whole,
    ),
}

_COLUMNS: Final[dict[str, Sentence]] = {
    "experiments.feature_absent": sentence(_("The feature %(name)s is not in the data."), name=quoted),
    "experiments.feature_unusable": sentence(_("The feature %(name)s cannot be used: %(why)s."), name=quoted),
    "experiments.feature_reserved": sentence(
        _("The feature %(name)s has a name kept for results; rename it."), name=quoted
    ),
    "experiments.no_feature_left": sentence(
        _("No feature is left to learn from (%(reasons)s)."), reasons=listed_up_to(5)
    ),
    "experiments.column_and_reason": sentence("%(column)s: %(why)s"),
    "experiments.protected_absent": sentence(
        _("The protected attribute %(name)s is not in the data."), name=quoted
    ),
    "experiments.protected_without_groups": sentence(
        _("The protected attribute %(name)s has no groups."), name=quoted
    ),
    "experiments.time_absent": sentence(_("The time column %(name)s is not in the data."), name=quoted),
    "experiments.time_holds_none": sentence(_("The time column %(name)s holds no times."), name=quoted),
    "experiments.column_missing": sentence(_("The column %(name)s is missing."), name=quoted),
    "experiments.column_no_numbers": sentence(
        _("The column %(name)s must hold numbers, not %(type)s."), name=quoted
    ),
    "experiments.key_absent": sentence(_("The key column %(name)s is not in the data."), name=quoted),
    "experiments.key_missing": sentence(
        ngettext_lazy(
            "The key column %(name)s has %(values)s missing value.",
            "The key column %(name)s has %(values)s missing values.",
            "values",
        ),
        name=quoted,
        values=whole,
    ),
}

_SPLIT: Final[dict[str, Sentence]] = {
    "experiments.one_time": sentence(_("A split by time needs at least two different times.")),
    "experiments.few_rows": sentence(
        _(
            "The %(side)s part has %(rows)s rows; at least %(least)s are needed. "
            "Add data or change the share."
        ),
        side=one_of(SIDES),
        rows=whole,
        least=whole,
    ),
    "experiments.few_of_class": sentence(
        _("The %(side)s part has %(rows)s rows of the class %(level)s; at least %(least)s are needed."),
        side=one_of(SIDES),
        rows=whole,
        level=quoted,
        least=whole,
    ),
    "experiments.uneven_folds": sentence(
        _(
            "The classes are spread so unevenly that the folds cannot be scored; "
            "take fewer folds, another split or more data."
        )
    ),
}

_SUITABILITY: Final[dict[str, Sentence]] = {
    "experiments.data_without_target": sentence(_("The data has no column %(name)s to learn."), name=quoted),
    "experiments.data_target_empty": sentence(_("Every value of %(name)s is missing."), name=quoted),
    "experiments.data_target_constant": sentence(
        _("%(name)s has the same value in every row: there is nothing to learn."), name=quoted
    ),
    "experiments.data_target_time": sentence(
        _("%(name)s is a point in time and cannot be learnt."), name=quoted
    ),
    "experiments.data_target_no_number": sentence(
        _("%(name)s is not a number, so it cannot be a regression."), name=quoted
    ),
    "experiments.data_target_not_binary": sentence(
        _("%(name)s has %(count)s different values; binary needs exactly two."), name=quoted, count=whole
    ),
    "experiments.data_without_class": sentence(
        _("%(value)s is no value of the target; it has: %(levels)s."), value=quoted
    ),
    "experiments.data_without_columns": sentence(_("The data has no such column: %(names)s."), names=quoted),
    "experiments.data_without_candidates": sentence(
        _("There is no column to learn from besides the target and what is set aside.")
    ),
    "experiments.data_without_features": sentence(
        _("There is no feature to learn from: every value of each of them is missing.")
    ),
    "experiments.data_time_unordered": sentence(
        _("%(name)s is neither a time nor a number, so rows cannot be put in order by it."), name=quoted
    ),
}

SENTENCES: Final = {**_SETTINGS, **_TARGET, **_COLUMNS, **_SPLIT, **_SUITABILITY}
