"""Small parts of the monitoring pages."""

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

METRICS = {
    "population_stability_index": _("Population stability index"),
    "jensen_shannon_distance": _("Jensen-Shannon distance"),
    "normalized_wasserstein_distance": _("Normalised Wasserstein distance"),
    "two_sample_kolmogorov_smirnov_test": _("Kolmogorov-Smirnov distance"),
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
CAUSES = {
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
ADVICE = {
    "fix_data": _("mend the data"),
    "wait": _("wait"),
    "retrain": _("retrain"),
    "roll_back": _("roll back"),
    "ask_a_person": _("look at it"),
}


@register.filter
def metric_name(name: str) -> str:
    return str(METRICS.get(name, name))


@register.filter
def of_key(found: Mapping[str, list[float | None]], name: str) -> list[float | None]:
    """The line of a column; nothing where there is none."""
    return found.get(name, [])


@register.filter
def cause_name(kind: str) -> str:
    return str(CAUSES.get(kind, kind))


@register.filter
def advice(recommendation: str) -> str:
    return str(ADVICE.get(recommendation, recommendation))
