"""What packaging and checking a release say, in words; also what the scoring runtime says of its progress."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext_lazy

from apps.core.wording import Sentence, percent, sentence, whole

FROM_SCORING: Final = (gettext_noop("Measuring single rows"), gettext_noop("Measuring batches"))
"""The runtime knows no gettext: its sentences are named here, so that they can be translated."""

SENTENCES: Final[dict[str, Sentence]] = {
    "deployments.doing_conversion": sentence(_("Converting the model")),
    "deployments.packaged": sentence(_("Packaged for %(runtime)s")),
    "deployments.doing_loading": sentence(_("Loading the package")),
    "deployments.not_convertible": sentence(_("The model cannot be converted to ONNX: %(problem)s")),
    "deployments.other_labels": sentence(
        _("The converted model gives other labels than the fitted pipeline on held-out rows.")
    ),
    "deployments.too_far": sentence(
        ngettext_lazy(
            "The converted model is more than %(tolerance)s away from the fitted pipeline in %(share)s "
            "of %(rows)s held-out row.",
            "The converted model is more than %(tolerance)s away from the fitted pipeline in %(share)s "
            "of %(rows)s held-out rows.",
            "rows",
        ),
        share=percent,
        rows=whole,
    ),
    "deployments.check_failed": sentence("%(check)s: %(what)s"),
    "deployments.check_loads": sentence(_("Loads in a fresh process")),
    "deployments.loaded": sentence(_("Every file has its digest; %(runtime)s runtime.")),
    "deployments.check_signature": sentence(_("Has the version's signature")),
    "deployments.signature": sentence(
        ngettext_lazy("%(inputs)s input, %(task)s.", "%(inputs)s inputs, %(task)s.", "inputs"), inputs=whole
    ),
    "deployments.other_signature": sentence(_("The registry says something else.")),
    "deployments.check_samples": sentence(_("Answers its samples")),
    "deployments.samples_answered": sentence(
        ngettext_lazy(
            "%(rows)s row answered as by the fitted pipeline.",
            "%(rows)s rows answered as by the fitted pipeline.",
            "rows",
        ),
        rows=whole,
    ),
    "deployments.no_samples": sentence(_("It has no samples.")),
    "deployments.check_missing_column": sentence(_("Refuses a missing column")),
    "deployments.check_no_object": sentence(_("Refuses a row that is no object")),
    "deployments.check_text_for_number": sentence(_("Refuses text where a number belongs")),
    "deployments.answered_instead": sentence(_("It was answered instead.")),
    "deployments.refused_with": sentence(_("It is refused with “%(answer)s”")),
    "deployments.check_unknown_values": sentence(_("Answers unknown and missing values")),
    "deployments.both_answered": sentence(_("Both were answered.")),
    "deployments.for_approvers": sentence(ngettext_lazy("%(n)s approver", "%(n)s approvers", "n"), n=whole),
}
