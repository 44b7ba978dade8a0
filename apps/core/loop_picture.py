"""The machine-learning loop as one picture: nine stages, nine arrows, who moves each arrow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

BOX_WIDTH: Final = 148
BOX_HEIGHT: Final = 64
WIDTH: Final = 1120
HEIGHT: Final = 248

MODES: Final = {"manual": _("manual"), "supervised": _("supervised"), "automatic": _("automatic")}

# key, word, what happens there, left, top
_PLACES: Final = (
    ("data", _("Data"), _("publish, check"), 8, 8),
    ("train", _("Train"), _("fit, search"), 247, 8),
    ("validate", _("Validate"), _("against champion"), 486, 8),
    ("register", _("Register"), _("version, card"), 725, 8),
    ("release", _("Release"), _("approve, deploy"), 964, 8),
    ("score", _("Score"), _("answer, capture"), 964, 176),
    ("monitor", _("Monitor"), _("drift, performance"), 725, 176),
    ("decide", _("Decide"), _("causes, remedy"), 486, 176),
    ("retrain", _("Retrain"), _("with new data"), 247, 176),
)

ARROWS: Final = (
    ("data", "train"),
    ("train", "validate"),
    ("validate", "register"),
    ("register", "release"),
    ("release", "score"),
    ("score", "monitor"),
    ("monitor", "decide"),
    ("decide", "retrain"),
    ("retrain", "train"),
)


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What a stage says besides its name: where it leads, a short fact, a tone for it."""

    url: str = ""
    fact: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    key: str
    word: str | Promise
    gloss: str | Promise
    left: int
    top: int
    facts: StageFacts = field(default_factory=StageFacts)

    @property
    def centre(self) -> int:
        return self.left + BOX_WIDTH // 2

    @property
    def word_line(self) -> int:
        return self.top + 27

    @property
    def fact_line(self) -> int:
        return self.top + 47

    @property
    def right(self) -> int:
        return self.left + BOX_WIDTH


@dataclass(frozen=True, slots=True)
class Arrow:
    """`path` is the line, `head` the triangle at its end; the label sits at x, y."""

    source: Stage
    target: Stage
    mode: str
    path: str
    head: str
    x: int
    y: int

    @property
    def word(self) -> str | Promise:
        return MODES[self.mode]


@dataclass(frozen=True, slots=True)
class LoopPicture:
    stages: list[Stage]
    arrows: list[Arrow]
    width: int = WIDTH
    height: int = HEIGHT
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT

    @property
    def steps(self) -> list[tuple[Stage, Arrow]]:
        """Each stage with the arrow that leaves it: the picture as a list."""
        leaving = {arrow.source.key: arrow for arrow in self.arrows}
        return [(stage, leaving[stage.key]) for stage in self.stages]


def loop(modes: Mapping[tuple[str, str], str], facts: Mapping[str, StageFacts] | None = None) -> LoopPicture:
    """
    Lay the loop out. `modes` says for each of ARROWS manual, supervised or automatic.

    Raises KeyError where an arrow has no mode: a picture of the loop shows all of it.
    """
    known = facts or {}
    stages = {
        key: Stage(key, word, gloss, left, top, known.get(key, StageFacts()))
        for key, word, gloss, left, top in _PLACES
    }
    arrows = [_arrow(stages[a], stages[b], modes[(a, b)]) for a, b in ARROWS]
    return LoopPicture(list(stages.values()), arrows)


def _arrow(source: Stage, target: Stage, mode: str) -> Arrow:
    if mode not in MODES:
        raise KeyError(mode)
    if source.left == target.left:
        return _vertical(source, target, mode)
    return _horizontal(source, target, mode)


def _horizontal(source: Stage, target: Stage, mode: str) -> Arrow:
    rightward = source.left < target.left
    start = source.right if rightward else source.left
    end = target.left if rightward else target.right
    y = source.top + BOX_HEIGHT // 2
    back = end - 9 if rightward else end + 9
    return Arrow(
        source,
        target,
        mode,
        path=f"M{start} {y}H{back}",
        head=f"M{end} {y}L{back} {y - 5}V{y + 5}Z",
        x=(start + end) // 2,
        y=y - 12,
    )


def _vertical(source: Stage, target: Stage, mode: str) -> Arrow:
    downward = source.top < target.top
    start = source.top + BOX_HEIGHT if downward else source.top
    end = target.top if downward else target.top + BOX_HEIGHT
    back = end - 9 if downward else end + 9
    x = source.centre
    return Arrow(
        source,
        target,
        mode,
        path=f"M{x} {start}V{back}",
        head=f"M{x} {end}L{x - 5} {back}H{x + 5}Z",
        x=x,
        y=(start + end) // 2,
    )
