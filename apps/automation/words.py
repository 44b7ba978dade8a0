"""What gathering newer data says, in words."""

from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from apps.core.wording import Sentence, sentence, whole

SENTENCES: Final[dict[str, Sentence]] = {
    "automation.joining": sentence(_("joining rows and labels")),
    "automation.few_labels": sentence(
        ngettext_lazy(
            "Of %(captured)s captured rows only %(labelled)s has a label, and %(least)s are needed: "
            "there is nothing newer to learn from yet. Send ground truth, then retrain.",
            "Of %(captured)s captured rows only %(labelled)s have a label, and %(least)s are needed: "
            "there is nothing newer to learn from yet. Send ground truth, then retrain.",
            "labelled",
        ),
        captured=whole,
        labelled=whole,
        least=whole,
    ),
}
