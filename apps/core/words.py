"""What the core says itself: several things in a row, moments."""

from typing import Final

from apps.core.wording import Sentence, in_a_row, lines, sentence

SENTENCES: Final[dict[str, Sentence]] = {
    "core.sentences": sentence("%(parts)s", parts=in_a_row),
    "core.lines": sentence("%(parts)s", parts=lines),
    "core.point": sentence("- %(what)s"),
    "core.technical": sentence("%(kind)s: %(message)s"),
}
