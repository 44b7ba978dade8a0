"""The evidence of a proposal, and what its sign-off rule asks for, in words."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from apps.core.wording import (
    Sentence,
    day,
    one_of,
    percent,
    quoted,
    sentence,
    whole,
)

_RECORDS: Final[dict[str, Promise]] = {
    "code": _("code commit"),
    "seed": _("seed"),
    "python": _("version of Python"),
}


def _records(names: list[Any]) -> str:
    return ", ".join(one_of(_RECORDS)(name) for name in names)


_OF_TRAINING: Final[dict[str, Sentence]] = {
    "approvals.data_not_published": sentence(_("%(version)s is %(status)s, not published.")),
    "approvals.data_with_notes": sentence(
        ngettext_lazy(
            "%(version)s is published. %(notes)s thing in the data should be looked at.",
            "%(version)s is published. %(notes)s things in the data should be looked at.",
            "notes",
        ),
        notes=whole,
    ),
    "approvals.data_in_order": sentence(
        _("%(version)s is published, and its profile shows nothing unusual.")
    ),
    "approvals.cleaned": sentence(
        ngettext_lazy("%(what)s: %(rows)s row", "%(what)s: %(rows)s rows", "rows"), rows=whole
    ),
    "approvals.not_compared": sentence(_("The model was not compared with anything.")),
    "approvals.as_good_as_champion": sentence(
        ngettext_lazy(
            "On %(rows)s row that neither model had seen, it is at least as good as the model that "
            "serves now (%(champion)s).",
            "On %(rows)s rows that neither model had seen, it is at least as good as the model that "
            "serves now (%(champion)s).",
            "rows",
        ),
        rows=whole,
    ),
    "approvals.better_than_guessing": sentence(
        ngettext_lazy(
            "It is the first model: on %(rows)s row that it had not seen, it is clearly better than "
            "guessing.",
            "It is the first model: on %(rows)s rows that it had not seen, it is clearly better than "
            "guessing.",
            "rows",
        ),
        rows=whole,
    ),
    "approvals.not_better_than_champion": sentence(
        ngettext_lazy(
            "On %(rows)s row it is not better than the model that serves now (%(champion)s).",
            "On %(rows)s rows it is not better than the model that serves now (%(champion)s).",
            "rows",
        ),
        rows=whole,
    ),
    "approvals.not_better_than_guessing": sentence(
        ngettext_lazy(
            "On %(rows)s row it is not better than guessing.",
            "On %(rows)s rows it is not better than guessing.",
            "rows",
        ),
        rows=whole,
    ),
    "approvals.fails_a_limit": sentence(_("It fails a limit that was set beforehand.")),
    "approvals.too_little_known": sentence(_("Too little is known to say whether it is better.")),
    "approvals.no_findings": sentence(_("The training left no findings.")),
    "approvals.holds_up": sentence(
        _("No sign of overfitting or underfitting, and no group of rows is served much worse than the rest.")
    ),
    "approvals.no_protected": sentence(
        _("No protected attribute was named, so nothing is known of fairness.")
    ),
    "approvals.no_probabilities": sentence(
        _("The model gives no probabilities that could be held against outcomes.")
    ),
    "approvals.calibrated": sentence(
        _("Its probabilities can be taken at their word: on average they miss what happened by %(error)s."),
        error=percent,
    ),
    "approvals.not_calibrated": sentence(
        _(
            "Its probabilities are not to be taken at their word: on average they miss what happened "
            "by %(error)s."
        ),
        error=percent,
    ),
    "approvals.importance_unknown": sentence(_("It was not measured what the model looks at.")),
    "approvals.looks_at": sentence(_("The model looks most at %(features)s."), features=quoted),
    "approvals.not_recorded": sentence(_("Not recorded: %(names)s."), names=_records),
    "approvals.all_recorded": sentence(_("Data, code, parameters, seed and libraries are all recorded.")),
    "approvals.limits": sentence(
        _("It knows only what is like its training data; values outside these ranges are guesses.")
    ),
    "approvals.no_purpose": sentence(_("Nobody wrote down what the model is for.")),
    "approvals.range": sentence(_("%(low)s to %(high)s")),
    "approvals.levels": sentence("%(levels)s"),
    "approvals.levels_and_more": sentence(_("%(levels)s and %(more)s more"), more=whole),
}

_OF_RELEASE: Final[dict[str, Sentence]] = {
    "approvals.package_not_compared": sentence(_("The package was not held against the trained model.")),
    "approvals.package_differs": sentence(_("The package gives other answers than the trained model.")),
    "approvals.package_agrees": sentence(
        ngettext_lazy(
            "The package answers as the trained model does, on %(rows)s held-out row.",
            "The package answers as the trained model does, on %(rows)s held-out rows.",
            "rows",
        ),
        rows=whole,
    ),
    "approvals.slower_format": sentence(_("It serves in the slower format: %(why)s")),
    "approvals.not_checked": sentence(_("The package was not checked.")),
    "approvals.check_failed": sentence(_("The package failed its check.")),
    "approvals.checks_passed": sentence(
        ngettext_lazy(
            "The %(checks)s check of the package passed.",
            "All %(checks)s checks of the package passed.",
            "checks",
        ),
        checks=whole,
    ),
    "approvals.not_profiled": sentence(_("Speed and memory were not measured.")),
    "approvals.profiled": sentence(_("95 %% of single answers take less than %(p95_ms)s ms.")),
}

_NUMBERS: Final[dict[str, Sentence]] = {
    "approvals.n_rows": sentence(_("Rows")),
    "approvals.n_training": sentence(_("Rows: training")),
    "approvals.n_held_out": sentence(_("Rows: held out")),
    "approvals.n_compared": sentence(_("Rows compared")),
    "approvals.n_candidate": sentence(_("This model")),
    "approvals.n_champion": sentence(_("Champion")),
    "approvals.n_difference": sentence(_("Better by")),
    "approvals.n_naive": sentence(_("Guessing alone")),
    "approvals.n_calibration_error": sentence(_("Mean calibration error")),
    "approvals.n_largest_difference": sentence(_("Largest difference")),
    "approvals.n_p50": sentence(_("Half of the answers within")),
    "approvals.n_p95": sentence(_("95 %% within")),
    "approvals.n_p99": sentence(_("99 %% within")),
    "approvals.n_memory": sentence(_("Memory")),
    "approvals.n_loading": sentence(_("Loads in")),
}

_RULES: Final[dict[str, Sentence]] = {
    "approvals.rule_decides": sentence(_("No signature: the rule decides when every gate passes.")),
    "approvals.approvers_sign": sentence(
        ngettext_lazy(
            "%(approvers)s approver must approve.", "%(approvers)s approvers must approve.", "approvers"
        ),
        approvers=whole,
    ),
    "approvals.approvers_and_validator_sign": sentence(
        ngettext_lazy(
            "%(approvers)s approver and an independent validator must approve.",
            "%(approvers)s approvers and an independent validator must approve.",
            "approvers",
        ),
        approvers=whole,
    ),
    "approvals.void": sentence(
        _("What was proposed has changed; this proposal is void. A new release makes a new one.")
    ),
    "approvals.expires": sentence(_("It expires on %(day)s."), day=day),
}

SENTENCES: Final = {**_OF_TRAINING, **_OF_RELEASE, **_NUMBERS, **_RULES}
