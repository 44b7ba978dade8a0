"""What stands in a query string: chosen on a page, kept in an old link, or made up by a scanner."""

from typing import Final

_LARGEST: Final = 2**63 - 1
_MOST_DIGITS: Final = 19


def number(text: str | None) -> int | None:
    """The id that the text is. None for everything else, also for what no row's id can be."""
    if not text or len(text) > _MOST_DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    found = int(text)
    return found if found <= _LARGEST else None
