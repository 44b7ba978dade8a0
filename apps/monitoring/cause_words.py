"""What the monitor says, in words: causes, faults, measures, what helps, and why rows were not taken in."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from apps.core.numbers import number
from apps.core.wording import Sentence, percent, quoted, quoted_up_to, sentence, whole

NAMED: Final = 3
"""Columns named in a sentence; the others are counted."""


def _precisely(value: float) -> str:
    return number(value, 6)


SENTENCES: Final[dict[str, Sentence]] = {
    "monitoring.column_gone": sentence(_("The column %(column)s no longer arrives."), column=quoted),
    "monitoring.other_type": sentence(
        _("%(share)s of the values of %(column)s are of another type than in training."),
        column=quoted,
        share=percent,
    ),
    "monitoring.more_missing": sentence(
        _("%(column)s is missing in %(share)s of the rows, in training in %(usual)s."),
        column=quoted,
        share=percent,
        usual=percent,
    ),
    "monitoring.unit_changed": sentence(
        _("%(column)s seems to have changed its unit: all values times %(factor)s."), column=quoted
    ),
    "monitoring.stuck_number": sentence(
        _("%(column)s is stuck at %(value)s in %(share)s of the rows."),
        column=quoted,
        value=_precisely,
        share=percent,
    ),
    "monitoring.stuck_level": sentence(_("%(column)s is stuck at %(level)s."), column=quoted, level=quoted),
    "monitoring.spikes": sentence(
        _(
            "%(column)s has spikes: %(share)s of its values lie far outside %(low)s to %(high)s, "
            "the others as in training."
        ),
        column=quoted,
        share=percent,
        low=_precisely,
        high=_precisely,
    ),
    "monitoring.new_level": sentence(
        _("%(column)s has a level that training never saw: %(level)s in %(share)s of the rows."),
        column=quoted,
        level=quoted,
        share=percent,
    ),
    "monitoring.season": sentence(
        _("%(columns)s moved as in the same season of the last cycle."), columns=quoted_up_to(NAMED)
    ),
    "monitoring.other_rows": sentence(
        _("The rows that arrive are different: %(columns)s moved away from training."),
        columns=quoted_up_to(NAMED),
    ),
    "monitoring.code_changed": sentence(
        _("The predictions moved with a change of code; the inputs are as in training.")
    ),
    "monitoring.meaning_changed": sentence(
        _("The outcomes changed while the inputs did not: what the inputs mean has changed.")
    ),
    "monitoring.fallen_with_few_rows": sentence(
        ngettext_lazy(
            "The performance has fallen in a window of %(rows)s row, which is too few to say whether "
            "the inputs changed too.",
            "The performance has fallen in a window of %(rows)s rows, which are too few to say whether "
            "the inputs changed too.",
            "rows",
        ),
        rows=whole,
    ),
    "monitoring.predictions_moved": sentence(
        _("The predictions moved while each input by itself is as in training.")
    ),
    "monitoring.labels_late": sentence(
        _(
            "Only %(share)s of the outcomes have come, usually %(usual)s by now: the measured "
            "performance is not the whole."
        ),
        share=percent,
        usual=percent,
    ),
    "monitoring.unexplained": sentence(_("Something moved, and no known cause explains it.")),
    "monitoring.silence": sentence(
        ngettext_lazy(
            "No prediction was captured for %(minutes)s minute, after %(rows)s in the last window with "
            "data. Clients may have gone, the endpoint may not answer, or capture may be broken.",
            "No prediction was captured for %(minutes)s minutes, after %(rows)s in the last window with "
            "data. Clients may have gone, the endpoint may not answer, or capture may be broken.",
            "minutes",
        ),
        minutes=whole,
        rows=whole,
    ),
    "monitoring.finding_training_rows": sentence(_("finding the training rows")),
    "monitoring.counting": sentence(_("counting inputs and outputs")),
    "monitoring.no_captured_record": sentence(
        _("A record of the segment is not as captured records are (%(problem)s).")
    ),
    "monitoring.time_without_zone": sentence(_("A record's time has no time zone.")),
    "monitoring.baseline_without_rows": sentence(_("A baseline needs rows.")),
    "monitoring.baseline_other_rows": sentence(_("The predictions are not of the same rows.")),
    "monitoring.baseline_column_missing": sentence(_("The column %(column)s is missing."), column=quoted),
}

METRICS: Final[dict[str, Promise]] = {
    "population_stability_index": _("Population stability index"),
    "jensen_shannon_distance": _("Jensen-Shannon distance"),
    "normalized_wasserstein_distance": _("Normalised Wasserstein distance"),
    "two_sample_kolmogorov_smirnov_test": _("Kolmogorov-Smirnov p-value"),
    "pearsons_chi_squared_test": _("Chi-squared p-value"),
    "null_value_rate_difference": _("Change of the missing share"),
    "out_of_bounds_rate": _("Share outside of training"),
    "data_type_error_rate": _("Share of the wrong type"),
    "accuracy": _("Accuracy"),
    "f1": _("F1"),
    "roc_auc": _("ROC AUC"),
    "mae": _("Mean absolute error"),
    "rmse": _("Root mean squared error"),
}
CAUSES: Final[dict[str, Promise]] = {
    "sensor_fault": _("Sensor fault"),
    "missing_upstream": _("Missing upstream"),
    "data_quality": _("Data quality"),
    "new_category": _("New category"),
    "seasonality": _("Season"),
    "population_shift": _("Population shift"),
    "concept_change": _("Concept change"),
    "prediction_shift": _("Shifted predictions"),
    "label_delay": _("Labels are late"),
    "code_change": _("Change of code"),
    "no_data": _("No data"),
    "unknown": _("Unknown cause"),
}
ADVICE: Final[dict[str, Promise]] = {
    "fix_data": _("mend the data"),
    "wait": _("wait"),
    "retrain": _("retrain"),
    "roll_back": _("roll back"),
    "ask_a_person": _("look at it"),
}


def metric_name(name: str) -> str:
    return str(METRICS.get(name, name))


def causes_like(text: str) -> list[str]:
    """The kinds of cause whose name holds the text, in the reader's language."""
    return [kind for kind, word in CAUSES.items() if text.casefold() in str(word).casefold()]
