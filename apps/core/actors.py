"""Who does something: a person, a rule for the person who enabled it, or the portal itself."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@runtime_checkable
class Person(Protocol):
    """What the log needs to know of a user."""

    pk: int
    email: str


@dataclass(frozen=True, slots=True)
class Rule:
    """
    A rule that acts for a person, whose rights are asked again each time. `name` is what the log
    keeps of it; audit.sentences has the words.
    """

    name: str
    person: Person


@dataclass(frozen=True, slots=True)
class System:
    """A part of the portal that acts for nobody: the relay that expires proposals, say."""

    name: str


Actor = Person | Rule | System


def person_behind(actor: Actor) -> Person | None:
    """The person whose rights count."""
    if isinstance(actor, Rule):
        return actor.person
    return None if isinstance(actor, System) else actor


def label(actor: Actor) -> str:
    """How the actor is written into the log."""
    if isinstance(actor, System):
        return f"portal:{actor.name}"
    if isinstance(actor, Rule):
        return f"rule:{actor.name} for user:{actor.person.pk}"
    return f"user:{actor.pk}"
