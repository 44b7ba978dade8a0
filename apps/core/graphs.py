"""Lineage drawn on the server: a layered graph whose nodes are links, and the same as a list."""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apps.core.loop_picture import ARROWS, Arrow, LoopPicture, Stage, StageFacts, loop

__all__ = ["ARROWS", "Arrow", "Edge", "Lineage", "LoopPicture", "Node", "Stage", "StageFacts"]
__all__ += ["lineage", "loop"]

# Six layers, as many as a version has from its data to its answers, fit a page of 1,360 pixels.
NODE_WIDTH: Final = 150
NODE_HEIGHT: Final = 68
GAP_ACROSS: Final = 28
GAP_DOWN: Final = 16
MARGIN: Final = 8
_LONGEST_LINE: Final = 19
_SWEEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Node:
    """One thing with an origin: `kind` is a word ("dataset version"), `icon` from icons.svg."""

    key: str
    label: str
    kind: str = ""
    url: str = ""
    icon: str = "point"
    is_focus: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """`target` was made from `source`."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    node: Node
    left: int
    top: int

    @property
    def label_lines(self) -> list[tuple[str, int]]:
        """The label on at most two lines, each with where it stands."""
        lines = textwrap.wrap(self.node.label, _LONGEST_LINE) or [""]
        if len(lines) > 2:
            lines = [lines[0], lines[1][: _LONGEST_LINE - 1] + "…"]
        return [(line, self.top + 40 + 16 * number) for number, line in enumerate(lines)]

    @property
    def text_left(self) -> int:
        return self.left + 10

    @property
    def kind_left(self) -> int:
        return self.left + 32

    @property
    def kind_line(self) -> int:
        return self.top + 20

    @property
    def icon_left(self) -> int:
        return self.left + 9

    @property
    def icon_top(self) -> int:
        return self.top + 7


@dataclass(frozen=True, slots=True)
class Line:
    path: str
    head: str
    source: Node
    target: Node
    label: str


@dataclass(frozen=True, slots=True)
class Lineage:
    nodes: list[Placed]
    lines: list[Line]
    width: int
    height: int
    node_width: int = NODE_WIDTH
    node_height: int = NODE_HEIGHT

    @property
    def sentences(self) -> list[tuple[Node, list[Node]]]:
        """Each thing and what it was made from, in reading order: the list beside the picture."""
        origins: defaultdict[str, list[Node]] = defaultdict(list)
        for line in self.lines:
            origins[line.target.key].append(line.source)
        return [(placed.node, origins[placed.node.key]) for placed in self.nodes]


def lineage(nodes: Iterable[Node], edges: Iterable[Edge]) -> Lineage:
    """
    Place a graph in layers from left (origins) to right, the layered drawing of Sugiyama et al.

    A node stands one layer right of its furthest origin; within a layer, nodes are ordered by the
    mean place of their neighbours (barycentre), in a few sweeps. Edges to nodes that are not given
    are left out. Raises ValueError where the graph has a cycle: nothing is its own origin.
    """
    known = {node.key: node for node in nodes}
    kept = [edge for edge in edges if edge.source in known and edge.target in known]
    layers = _ordered(_layers(list(known), kept), kept)
    places = _places(layers, known)
    rows = max((len(layer) for layer in layers), default=0)
    return Lineage(
        nodes=list(places.values()),
        lines=[_line(places[edge.source], places[edge.target], edge.label) for edge in kept],
        width=2 * MARGIN + len(layers) * (NODE_WIDTH + GAP_ACROSS) - (GAP_ACROSS if layers else 0),
        height=2 * MARGIN + rows * (NODE_HEIGHT + GAP_DOWN) - (GAP_DOWN if rows else 0),
    )


def _layers(keys: Sequence[str], edges: Sequence[Edge]) -> list[list[str]]:
    depth = dict.fromkeys(keys, 0)
    waiting = _origins(keys, edges)
    placed: set[str] = set()
    while len(placed) < len(keys):
        ready = [key for key in keys if key not in placed and waiting[key] <= placed]
        if not ready:
            raise ValueError("The graph has a cycle.")
        for key in ready:
            depth[key] = max((depth[origin] + 1 for origin in waiting[key]), default=0)
        placed |= set(ready)
    count = max(depth.values(), default=-1) + 1
    return [[key for key in keys if depth[key] == i] for i in range(count)]


def _origins(keys: Sequence[str], edges: Sequence[Edge]) -> dict[str, set[str]]:
    origins: dict[str, set[str]] = {key: set() for key in keys}
    for edge in edges:
        origins[edge.target].add(edge.source)
    return origins


def _ordered(layers: list[list[str]], edges: Sequence[Edge]) -> list[list[str]]:
    """Sweep right by the places of the origins, left by those of what came of them, in turn."""
    origins: defaultdict[str, list[str]] = defaultdict(list)
    results: defaultdict[str, list[str]] = defaultdict(list)
    for edge in edges:
        origins[edge.target].append(edge.source)
        results[edge.source].append(edge.target)
    for sweep in range(_SWEEPS):
        layers = _swept(layers, origins) if sweep % 2 == 0 else _swept(layers[::-1], results)[::-1]
    return layers


def _swept(layers: list[list[str]], neighbours: Mapping[str, list[str]]) -> list[list[str]]:
    place: dict[str, float] = {}
    ordered = []
    for layer in layers:
        wish = {key: _mean(neighbours.get(key, []), place, i) for i, key in enumerate(layer)}
        ordered.append(sorted(layer, key=wish.__getitem__))
        place |= {key: i - (len(layer) - 1) / 2 for i, key in enumerate(ordered[-1])}
    return ordered


def _mean(near: Sequence[str], place: Mapping[str, float], otherwise: float) -> float:
    known = [place[key] for key in near if key in place]
    return sum(known) / len(known) if known else otherwise


def _places(layers: list[list[str]], known: dict[str, Node]) -> dict[str, Placed]:
    rows = max((len(layer) for layer in layers), default=0)
    places = {}
    for column, layer in enumerate(layers):
        indent = (rows - len(layer)) * (NODE_HEIGHT + GAP_DOWN) // 2
        for row, key in enumerate(layer):
            left = MARGIN + column * (NODE_WIDTH + GAP_ACROSS)
            places[key] = Placed(known[key], left, MARGIN + indent + row * (NODE_HEIGHT + GAP_DOWN))
    return places


def _line(source: Placed, target: Placed, label: str) -> Line:
    x1, y1 = source.left + NODE_WIDTH, source.top + NODE_HEIGHT // 2
    x2, y2 = target.left - 8, target.top + NODE_HEIGHT // 2
    bend = GAP_ACROSS // 2
    return Line(
        path=f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}",
        head=f"M{x2 + 8} {y2}L{x2} {y2 - 4}V{y2 + 4}Z",
        source=source.node,
        target=target.node,
        label=label,
    )
