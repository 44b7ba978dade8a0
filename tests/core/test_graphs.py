import itertools

import pytest
from django.template.loader import render_to_string

from apps.core import loop_picture
from apps.core.graphs import NODE_HEIGHT, NODE_WIDTH, Edge, Node, lineage


def test_what_comes_from_something_stands_right_of_it():
    graph = lineage(
        [Node("model", "m"), Node("data", "d"), Node("run", "r")],
        [Edge("data", "run"), Edge("run", "model"), Edge("data", "model")],
    )
    left = {placed.node.key: placed.left for placed in graph.nodes}
    assert left["data"] < left["run"] < left["model"]


def test_boxes_do_not_overlap_and_stay_inside():
    nodes = [Node(str(i), f"n{i}") for i in range(12)]
    graph = lineage(nodes, [Edge(str(i % 5), str(5 + i)) for i in range(7)])
    corners = [(placed.left, placed.top) for placed in graph.nodes]
    assert len(set(corners)) == 12
    for left, top in corners:
        assert 0 <= left <= graph.width - NODE_WIDTH
        assert 0 <= top <= graph.height - NODE_HEIGHT
    for (x1, y1), (x2, y2) in itertools.pairwise(corners):
        assert x1 != x2 or abs(y1 - y2) >= NODE_HEIGHT


def test_crossings_that_can_be_avoided_are_avoided():
    graph = lineage(
        [Node(key, key) for key in "abxy"],
        [Edge("a", "y"), Edge("b", "x")],
    )
    top = {placed.node.key: placed.top for placed in graph.nodes}
    assert (top["a"] < top["b"]) == (top["y"] < top["x"])


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        lineage([Node("a", "a"), Node("b", "b")], [Edge("a", "b"), Edge("b", "a")])


def test_edges_to_what_the_reader_may_not_see_are_left_out():
    assert lineage([Node("a", "a")], [Edge("a", "hidden")]).lines == []


def test_nothing_has_an_empty_picture():
    assert lineage([], []).nodes == []


def test_hostile_names_stay_text_in_the_lineage():
    graph = lineage([Node("a", "<script>alert(1)</script>", kind="<b>", url="/a?x=1&y=2")], [])
    part = render_to_string("ui/_lineage.html", {"graph": graph})
    assert "<script" not in part
    assert "<b>" not in part
    assert 'href="/a?x=1&amp;y=2"' in part


def test_the_loop_shows_every_arrow_with_who_moves_it():
    modes = dict.fromkeys(loop_picture.ARROWS, "manual") | {("release", "score"): "automatic"}
    picture = loop_picture.loop(modes)
    part = render_to_string("ui/_loop.html", {"loop": picture})
    assert part.count('class="arrow-line"') == len(loop_picture.ARROWS) == 9
    assert [a.mode for a in picture.arrows].count("automatic") == 1
    for word in (
        "Data",
        "Train",
        "Validate",
        "Register",
        "Release",
        "Score",
        "Monitor",
        "Decide",
        "Retrain",
    ):
        assert f">{word}<" in part
    assert "<title id" in part


def test_the_loop_closes():
    sources = [a for a, _b in loop_picture.ARROWS]
    assert loop_picture.ARROWS[-1] == ("retrain", "train")
    assert sorted(sources) == sorted({key for key, *_rest in loop_picture._PLACES})


def test_an_arrow_without_a_mode_is_refused():
    with pytest.raises(KeyError):
        loop_picture.loop({("data", "train"): "manual"})


def test_an_arrow_ends_at_its_target():
    picture = loop_picture.loop(dict.fromkeys(loop_picture.ARROWS, "supervised"))
    for arrow in picture.arrows:
        x, y = map(int, arrow.head[1:].split("L")[0].split())
        target = arrow.target
        assert target.left <= x <= target.right
        assert target.top <= y <= target.top + loop_picture.BOX_HEIGHT
