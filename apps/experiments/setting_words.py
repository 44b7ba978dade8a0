"""What a training was asked for, in words: names of settings and their values."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import metric_words
from apps.core.numbers import NOTHING, number

NAMES: Final[dict[str, str | Promise]] = {
    "target": gettext_lazy("Target"),
    "task": gettext_lazy("Task"),
    "features": gettext_lazy("Features"),
    "protected": gettext_lazy("Protected attributes"),
    "positive_class": gettext_lazy("Positive class"),
    "favourable_class": gettext_lazy("Favourable decision"),
    "decision_threshold": gettext_lazy("Decision threshold"),
    "metric": gettext_lazy("Metric"),
    "algorithms": gettext_lazy("Algorithms"),
    "trials_per_algorithm": gettext_lazy("Trials per algorithm"),
    "folds": gettext_lazy("Cross-validation folds"),
    "seed": gettext_lazy("Seed"),
    "n_jobs": gettext_lazy("Processor cores"),
    "time_budget_seconds": gettext_lazy("Time for the search, in seconds"),
    "max_rows": gettext_lazy("At most so many training rows"),
    "row_key": gettext_lazy("Row key"),
    "time_column": gettext_lazy("Time column"),
    "recipe.drop_duplicates": gettext_lazy("Repeated rows are dropped"),
    "recipe.drop_missing_target": gettext_lazy("Rows without a target are dropped"),
    "recipe.outliers": gettext_lazy("Outliers"),
    "split.kind": gettext_lazy("Held-out rows are chosen"),
    "split.share": gettext_lazy("Held-out share"),
    "split.salt": gettext_lazy("Salt of the split"),
}
_VALUES: Final[dict[tuple[str, str], str | Promise]] = {
    ("task", "auto"): gettext_lazy("found out from the target"),
    ("task", "binary"): gettext_lazy("two classes"),
    ("task", "multiclass"): gettext_lazy("several classes"),
    ("task", "regression"): gettext_lazy("a number"),
    ("recipe.outliers", "keep"): gettext_lazy("kept"),
    ("recipe.outliers", "clip"): gettext_lazy("clipped"),
    ("recipe.outliers", "drop"): gettext_lazy("their rows dropped"),
    ("split.kind", "random"): gettext_lazy("at random, by the row key"),
    ("split.kind", "time"): gettext_lazy("the latest, by the time column"),
}
_NONE: Final[dict[str, str | Promise]] = {
    "features": gettext_lazy("chosen automatically"),
    "metric": gettext_lazy("the usual one of the task"),
    "max_rows": gettext_lazy("all"),
    "row_key": gettext_lazy("the whole row"),
}


_LEFT_OUT: Final = frozenset({"n_jobs", "split.salt", "recipe.drop_missing_target"})
"""What nobody chooses in the browser, and what shapes no result."""


def lines(settings: dict[str, Any]) -> list[tuple[str, str]]:
    """The settings as JSON, as names and values for people."""
    return [(name(key), value(key, given)) for key, given in flat(settings).items() if key not in _LEFT_OUT]


def flat(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as JSON without nesting: `split.kind` and so on."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        found |= (
            {f"{name}.{part}": one for part, one in value.items()}
            if isinstance(value, dict)
            else {name: value}
        )
    return found


def name(setting: str) -> str:
    return str(NAMES.get(setting, setting))


def value(setting: str, given: Any) -> str:
    """A setting's value as people read it."""
    if given is None or given in ("", [], ()):
        return str(_NONE.get(setting, NOTHING))
    if isinstance(given, bool):
        return _("yes") if given else _("no")
    if isinstance(given, list):
        return ", ".join(value(setting, one) for one in given)
    if isinstance(given, dict):
        return str(given.get("name", given))
    return _word(setting, given)


def _word(setting: str, given: Any) -> str:
    if setting == "metric":
        return metric_words.word(given)
    known = _VALUES.get((setting, str(given)))
    return str(known) if known else number(given)
