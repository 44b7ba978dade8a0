"""Small pictures of a column's distribution: one SVG path, no script."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bars:
    """`path` draws one bar for each count; sizes are the SVG's own."""

    width: int
    height: int
    path: str


def bars(counts: Sequence[int], *, width: int = 120, height: int = 28) -> Bars | None:
    """Bars of equal width over each other's highest; None where there is nothing to draw."""
    highest = max(counts, default=0)
    if highest <= 0:
        return None
    step = width / len(counts)
    gap = 1.0 if step > 3 else 0.0
    return Bars(
        width,
        height,
        "".join(
            _bar(place * step, step - gap, height, max(count / highest * height, 1.0))
            for place, count in enumerate(counts)
            if count
        ),
    )


def _bar(left: float, width: float, height: int, tall: float) -> str:
    return f"M{left:.1f} {height}v{-tall:.1f}h{width:.1f}v{tall:.1f}z"
