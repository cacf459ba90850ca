"""Where boxes and arrows lie."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st

from kerasfmt.drawing import layout
from kerasfmt.drawing.layout import GAP, RISE, Layout, place
from tests.growth import assert_linear

Graph = tuple[list[tuple[float, float]], list[tuple[int, int]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 14))
    sizes = draw(st.lists(st.tuples(st.floats(5, 90), st.floats(5, 60)), min_size=count, max_size=count))
    pairs = list(itertools.combinations(range(count), 2))
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=24)) if pairs else []
    return sizes, edges


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_boxes_do_not_overlap_and_arrows_lead_down(graph: Graph) -> None:
    sizes, edges = graph
    found = place(sizes, edges)
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(found.corners, sizes, strict=True)]
    for one, two in itertools.combinations(boxes, 2):
        apart = one[2] <= two[0] + 1e-6 or two[2] <= one[0] + 1e-6 or one[3] <= two[1] or two[3] <= one[1]
        assert apart, (one, two)
    for (tail, head), route in zip(edges, found.routes, strict=True):
        assert boxes[tail][3] < boxes[head][1]
        assert route[0] == pytest.approx(((boxes[tail][0] + boxes[tail][2]) / 2, boxes[tail][3]))
        assert route[-1] == pytest.approx(((boxes[head][0] + boxes[head][2]) / 2, boxes[head][1]))
        assert all(one[1] <= two[1] + 1e-6 for one, two in itertools.pairwise(route))
        for one, two in list(itertools.pairwise(route))[::2]:
            assert one[0] == two[0]
    assert min(box[0] for box in boxes) >= -1e-6
    assert max(box[2] for box in boxes) <= found.width + 1e-6
    assert max(box[3] for box in boxes) <= found.height + 1e-6


def test_a_chain_is_straight() -> None:
    found = place([(50, 20), (90, 20), (10, 20)], [(0, 1), (1, 2)])
    assert [x + w / 2 for (x, _), w in zip(found.corners, (50, 90, 10), strict=True)] == [45, 45, 45]
    assert found.height == 60 + 2 * RISE


def test_a_skip_lies_beside_its_block_and_the_ends_are_in_one_line() -> None:
    found = place([(60, 20)] * 4, [(0, 1), (1, 2), (0, 3), (2, 3)])
    middles = [x + 30 for x, _ in found.corners]
    assert middles[0] == pytest.approx(middles[3])
    assert middles[1] == pytest.approx(middles[2])
    skip = {x for x, _ in found.routes[2][2:-2]}
    assert len(skip) == 1
    assert abs(skip.pop() - middles[1]) >= 30


def test_a_source_lies_just_above_what_it_leads_to() -> None:
    found = place([(60, 20)] * 4, [(0, 1), (1, 3), (2, 3)])
    assert found.corners[2][1] == found.corners[1][1]
    assert abs(found.corners[2][0] - found.corners[1][0]) == pytest.approx(60 + GAP)


def test_crossings_are_undone() -> None:
    # Two chains whose boxes come in turn, and one pair in the other order.
    found = place([(10, 10)] * 6, [(0, 3), (1, 2), (2, 5), (3, 4)])
    x = [corner[0] for corner in found.corners]
    assert (x[0] < x[1]) == (x[3] < x[2]) == (x[4] < x[5])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), unique=True, max_size=20))
def test_crossings_are_counted(links: list[tuple[int, int]]) -> None:
    rows = [list(range(6)), list(range(6, 12))]
    below: list[list[int]] = [[] for _ in range(12)]
    for tail, head in links:
        below[tail].append(6 + head)
    crossings = sum(
        (a < c and b > d) or (a > c and b < d) for (a, b), (c, d) in itertools.combinations(links, 2)
    )
    assert layout._crossings(rows, below) == crossings


def test_nothing() -> None:
    assert place([], []) == Layout([], [], 0.0, 0.0)


def test_the_time_is_linear() -> None:
    def chain(count: int) -> Callable[[], object]:
        edges = [(node, node + 1) for node in range(count - 1)] + [
            (node, node + 3) for node in range(count - 3)
        ]
        return lambda: place([(50.0, 20.0)] * count, edges)

    assert_linear(chain, 200)


def test_too_many_waypoints_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_WAYPOINTS", 3)
    found = place([(10, 10)] * 6, [(node, node + 1) for node in range(5)] + [(0, 5)])
    assert len(found.routes[-1]) == 4
