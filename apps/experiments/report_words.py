"""What a training's report says, in words: the fit, weak segments, fairness, what was left out and why."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from apps.core.wording import Sentence, percent, quoted, sentence, whole

_FIT: Final[dict[str, Sentence]] = {
    "experiments.overfit": sentence(
        _(
            "Overfitted: %(metric)s falls from %(train)s on training rows to %(unseen)s on unseen ones, "
            "%(drop)s worse (limit %(limit)s). Try more rows, larger leaves or stronger regularisation."
        ),
        drop=percent,
        limit=percent,
    ),
    "experiments.underfit": sentence(
        _(
            "Underfitted: even on its training rows %(metric)s is %(train)s, no better than the naive "
            "model's %(naive)s. Try other features or a more flexible algorithm."
        )
    ),
    "experiments.low_gain": sentence(
        _(
            "Little gain: only %(gain)s of the way from guessing to perfect (limit %(limit)s). "
            "The features may say little about the target."
        ),
        gain=percent,
        limit=percent,
    ),
    "experiments.boosting_decline": sentence(
        _(
            "Too many trees: %(metric)s was %(best)s with fewer and is %(last)s now, %(drop)s worse "
            "(limit %(limit)s)."
        ),
        drop=percent,
        limit=percent,
    ),
    "experiments.best_mean": sentence(_("Best mean %(metric)s over the folds: %(mean)s.")),
    "experiments.same_scores": sentence(
        _("Two runs of one job give the same scores; model.skops differs in its time stamps.")
    ),
    "experiments.simpler": sentence(
        _(
            "Simpler than the best trial (%(best)s, %(metric)s %(mean)s) and with %(own)s within one "
            "standard error of it."
        )
    ),
}

_PARTS: Final[dict[str, Sentence]] = {
    "experiments.weakest": sentence(
        ngettext_lazy(
            "Weakest where %(feature)s is %(segment)s (%(rows)s row): %(metric)s %(score)s against "
            "%(overall)s over all, %(drop)s worse (limit %(limit)s).",
            "Weakest where %(feature)s is %(segment)s (%(rows)s rows): %(metric)s %(score)s against "
            "%(overall)s over all, %(drop)s worse (limit %(limit)s).",
            "rows",
        ),
        feature=quoted,
        rows=whole,
        drop=percent,
        limit=percent,
    ),
    "experiments.nothing_of_fairness": sentence(
        _("%(attribute)s: no two groups have %(least)s rows, so nothing can be said."), least=whole
    ),
    "experiments.unfair": sentence(
        ngettext_lazy(
            "%(attribute)s: %(groups)s gets the favourable decision less than four fifths as often as "
            "%(reference)s.",
            "%(attribute)s: %(groups)s get the favourable decision less than four fifths as often as "
            "%(reference)s.",
            "count",
        )
    ),
    "experiments.fair": sentence(_("%(attribute)s: no group is below four fifths of %(reference)s.")),
}

_WARNINGS: Final[dict[str, Sentence]] = {
    "experiments.suspect": sentence(
        _(
            "%(feature)s alone nearly gives the target away (%(strength)s): is it known before the "
            "outcome is?"
        ),
        feature=quoted,
    ),
    "experiments.imbalanced": sentence(
        _(
            "Imbalanced: the rarest class has %(rarest)s rows, the most frequent %(most)s. Nothing is "
            "reweighted, so that probabilities stay true; judge by ranking metrics."
        ),
        rarest=whole,
        most=whole,
    ),
}

_LEFT_OUT: Final[dict[str, Sentence]] = {
    "experiments.out_type": sentence(_("of a type that models do not take")),
    "experiments.out_protected": sentence(_("protected attribute: measured, not learned from")),
    "experiments.out_key": sentence(_("part of the row key")),
    "experiments.out_target": sentence(_("the target")),
    "experiments.out_time_column": sentence(_("the time column")),
    "experiments.out_reserved": sentence(_("the name is kept for results")),
    "experiments.out_time": sentence(_("a point in time: derive what matters from it first")),
    "experiments.out_empty": sentence(_("all values are missing")),
    "experiments.out_constant": sentence(_("always the same value")),
    "experiments.out_identifier": sentence(_("an identifier: a different value in every row")),
    "experiments.out_nearly_unique": sentence(
        _("an identifier or free text: almost every row has a value of its own")
    ),
    "experiments.out_many_levels": sentence(
        _("%(levels)s levels are too many; group them, or name the feature to use it anyway"),
        levels=whole,
    ),
    "experiments.out_free_text": sentence(_("free text")),
}

_CLEANING: Final[dict[str, Sentence]] = {
    "experiments.cleaned_target": sentence(_("rows without a target removed")),
    "experiments.cleaned_duplicates": sentence(_("rows that repeat another one in every column removed")),
    "experiments.cleaned_training": sentence(_("training rows alone; the held-out ones stay as they are")),
}

_DOING: Final[dict[str, Sentence]] = {
    "experiments.doing_start": sentence(_("starting")),
    "experiments.doing_cleaning": sentence(_("cleaning")),
    "experiments.doing_search": sentence(_("searching")),
    "experiments.doing_trial": sentence(_("searching: %(algorithm)s finished")),
    "experiments.doing_fit": sentence(_("fitting the winner on all training rows")),
    "experiments.doing_evaluation": sentence(_("evaluating on the held-out rows")),
    "experiments.doing_curves": sentence(_("drawing curves")),
    "experiments.doing_importance": sentence(_("asking what matters to the model")),
    "experiments.doing_segments": sentence(_("looking for weak segments")),
    "experiments.doing_groups": sentence(_("comparing groups")),
}

SENTENCES: Final = {**_FIT, **_PARTS, **_WARNINGS, **_LEFT_OUT, **_CLEANING, **_DOING}
