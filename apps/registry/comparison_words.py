"""A comparison in words, for mails, pages and proposals: the verdict, its reasons, what differs."""

import json
import re
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.core.numbers import number
from apps.core.said import Said, said
from apps.core.wording import Sentence, one_of, percent, quoted, sentence, whole

_LONGEST: Final = 80
_DIGEST: Final = re.compile(r"[0-9a-f]{40,64}")
_VERDICTS: Final[dict[str, Promise]] = {
    "promote": _("Promote"),
    "hold": _("Hold: not better"),
    "reject": _("Reject"),
}
WHAT: Final[dict[str, Promise]] = {
    "algorithm": _("algorithm"),
    "parameters": _("parameters"),
    "features_used": _("features used"),
    "training_rows": _("training rows"),
    "libraries": _("libraries"),
    "python": _("Python"),
    "data_version": _("data version"),
    "data_digest": _("data digest"),
    "code_commit": _("code commit"),
    "seed": _("seed"),
}
"""What may differ between two trainings; a setting has its own name."""


def short(value: Any) -> str:
    """A value from the report, as a text that fits a line."""
    if value is None or value == "":
        return gettext("nothing")
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value[:12]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def what(name: str) -> str:
    return one_of(WHAT)(name.removeprefix("settings."))


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0 else number(value)


SENTENCES: Final[dict[str, Sentence]] = {
    "registry.inconclusive": sentence(_("Inconclusive.")),
    "registry.first_model": sentence(
        ngettext_lazy(
            "%(verdict)s: %(metric)s %(value)s on %(rows)s row, the first model; the naive one has "
            "%(naive)s.",
            "%(verdict)s: %(metric)s %(value)s on %(rows)s rows, the first model; the naive one has "
            "%(naive)s.",
            "rows",
        ),
        verdict=one_of(_VERDICTS),
        rows=whole,
    ),
    "registry.against_champion": sentence(
        ngettext_lazy(
            "%(verdict)s: %(metric)s %(value)s on %(rows)s row against the champion's %(champion)s "
            "(better by %(change)s, 95 %% interval %(low)s to %(high)s).",
            "%(verdict)s: %(metric)s %(value)s on %(rows)s rows against the champion's %(champion)s "
            "(better by %(change)s, 95 %% interval %(low)s to %(high)s).",
            "rows",
        ),
        verdict=one_of(_VERDICTS),
        rows=whole,
        change=_signed,
        low=_signed,
        high=_signed,
    ),
    "registry.metric_undefined": sentence(_("%(metric)s is not defined for the candidate on these rows.")),
    "registry.difference_undefined": sentence(_("Too few resamples define the difference.")),
    "registry.below_threshold": sentence(
        _("%(metric)s %(value)s does not reach the threshold %(threshold)s.")
    ),
    "registry.little_gain": sentence(
        _("It goes %(gain)s of the way from the naive model to perfect; at least %(least)s are asked for."),
        gain=percent,
        least=percent,
    ),
    "registry.may_be_worse": sentence(
        _("It may be worse by %(worse)s, more than the margin of %(margin)s allows.")
    ),
    "registry.better_by_too_little": sentence(_("Better by %(change)s; at least %(least)s are asked for.")),
    "registry.worse": sentence(_("Worse by %(worse)s.")),
    "registry.better_by_too_small_a_share": sentence(
        _("Better by %(change)s; %(share)s are asked for."), share=percent
    ),
    "registry.few_rows": sentence(
        ngettext_lazy(
            "Only %(rows)s row can be compared; at least %(least)s are needed.",
            "Only %(rows)s rows can be compared; at least %(least)s are needed.",
            "rows",
        ),
        rows=whole,
        least=whole,
    ),
    "registry.few_resamples": sentence(_("At least 1,000 resamples are needed.")),
    "registry.negative_limits": sentence(_("The margin and the minimum change cannot be negative.")),
    "registry.share_out_of_range": sentence(_("The minimum relative change must be from 0 to 1.")),
    "registry.other_truths": sentence(_("The two models were given different truths for the same rows.")),
    "registry.untrusted_type": sentence(_("The model holds a type that is not trusted: %(type)s.")),
    "registry.no_held_out_rows": sentence(
        _("None of the candidate's held-out rows is in this data version.")
    ),
    "registry.champion_cannot_be_asked": sentence(_("The champion cannot be asked: %(why)s")),
    "registry.other_task": sentence(_("it solves another task (%(task)s).")),
    "registry.unknown_class": sentence(
        _("The target has a class that the candidate never saw: %(level)s."), level=quoted
    ),
    "registry.difference": sentence(
        _("%(what)s: %(candidate)s instead of %(champion)s"), what=what, candidate=short, champion=short
    ),
    "registry.doing_loading": sentence(_("loading the models")),
    "registry.doing_prediction": sentence(_("predicting the held-out rows")),
    "registry.doing_verdict": sentence(_("writing the verdict")),
}


def differences(report: dict[str, Any]) -> list[Said]:
    """What distinguishes candidate and champion: data version, code, parameters."""
    return [
        said(
            "registry.difference",
            what=one["what"],
            candidate=one["candidate"],
            champion=one["champion"],
        )
        for one in report.get("differences", [])
    ]
