"""
The ways a rule of the product can say no. What they were raised with is shown to people: a
sentence in the reader's language, or Said, where it may be stored before anybody reads it.
"""

from apps.core.said import Said


class DomainError(Exception):
    """A rule of the product was broken. `path` is the page where the person sees more."""

    def __init__(self, sentence: str | Said = "", *, path: str = "") -> None:
        super().__init__(sentence)
        self.path = path


class NotAllowed(DomainError):
    """This person may not do this."""


class WrongState(DomainError):
    """Nobody can do this now: the object has moved on."""


class Unavailable(DomainError):
    """A part that is needed for this does not answer; trying again later helps."""


class TooLarge(DomainError):
    """More was sent than this installation accepts."""


class UnsupportedFormat(DomainError):
    """What was sent is of a kind that the portal does not work with."""
