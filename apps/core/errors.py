"""The ways a rule of the product can say no. Messages are shown to people as they are."""


class DomainError(Exception):
    """A rule of the product was broken."""


class NotAllowed(DomainError):
    """This person may not do this."""


class WrongState(DomainError):
    """Nobody can do this now: the object has moved on."""


class Unavailable(DomainError):
    """A part that is needed for this does not answer; trying again later helps."""
