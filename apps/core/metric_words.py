"""What models are measured by, in words, and which way is better."""

import re
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: Final[dict[str, str | Promise]] = {
    "roc_auc": _("ROC AUC"),
    "average_precision": _("Average precision"),
    "log_loss": _("Log loss"),
    "brier": _("Brier score"),
    "accuracy": _("Accuracy"),
    "f1": _("F1"),
    "macro_f1": _("F1, mean of the classes"),
    "rmse": _("Root mean squared error"),
    "mae": _("Mean absolute error"),
    "r2": _("R²"),
}
LOWER_IS_BETTER: Final = frozenset({"log_loss", "brier", "rmse", "mae"})


# "accuracy" is its own word for people.
_NAMED: Final = re.compile(rf"\b({'|'.join(WORDS.keys() - {'accuracy'})})\b")


def in_words(sentence: object) -> str:
    """A sentence of a report, which names metrics as programs do, for people."""
    return _NAMED.sub(lambda found: word(found[0]), str(sentence))


def word(metric: str) -> str:
    """The metric's name for people; a name that is not known stands for itself."""
    return str(WORDS.get(metric, metric))
