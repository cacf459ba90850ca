"""Places the boxes of a graph in layers, from top to bottom, and the arrows between them.

    layers       a box lies below every box that leads to it; a source lies just above the first box that it leads to
    waypoints    an arrow over several layers passes a point in each of them
    order        boxes of a layer are sorted by the middle of their neighbours, downwards and upwards in turn
    columns      boxes move towards the middle of their neighbours, as near as the order and their widths allow

The time is linear in boxes and waypoints, but for the sorting. A graph with very many waypoints is drawn without them.

Source: Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures, 1981
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Point: TypeAlias = tuple[float, float]

GAP: Final = 24.0
"""Between two boxes of a layer."""
ROUTE_GAP: Final = 14.0
"""Between an arrow and its neighbour."""
RISE: Final = 34.0
"""Between two layers."""
_SWEEPS: Final = 8
_WAYPOINTS: Final = 50_000
_STRAIGHT: Final = 8.0
"""How much more a waypoint pulls than a box, if its neighbour is one: long arrows are straight."""
_WEAK: Final = 0.1
"""How a box pulls that has no neighbours."""


@dataclass(frozen=True)
class Layout:
    """Where everything lies.

    Attributes:
      corners: the upper left corner of each box.
      routes: for each arrow the points that it passes. Between the points 2i and 2i+1 it goes straight down; between
        2i+1 and 2i+2 it crosses over to the next layer.
      width: width of the whole.
      height: height of the whole.
    """

    corners: list[Point]
    routes: list[list[Point]]
    width: float
    height: float


def place(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Layout:
    """The layout of a graph without circles.

    Args:
      sizes: width and height of each box, from sources to sinks.
      edges: the two boxes of each arrow; the first is smaller.
    """
    if not sizes:
        return Layout([], [], 0.0, 0.0)
    ranks = _ranks(len(sizes), edges)
    chains, all_ranks, links = _with_waypoints(ranks, edges)
    rows = _ordered(all_ranks, links)
    widths = [width for width, _ in sizes] + [0.0] * (len(all_ranks) - len(sizes))
    middles = _columns(rows, links, widths, len(sizes))
    tops, bands = _bands(ranks, sizes)
    corners = []
    for node, (width, height) in enumerate(sizes):
        rank = ranks[node]
        corners.append((middles[node] - width / 2, tops[rank] + (bands[rank] - height) / 2))
    routes = []
    for (tail, head), chain in zip(edges, chains, strict=True):
        route = [(middles[tail], corners[tail][1] + sizes[tail][1])]
        route.append((middles[tail], tops[ranks[tail]] + bands[ranks[tail]]))
        for node in chain:
            top = tops[all_ranks[node]]
            route += [(middles[node], top), (middles[node], top + bands[all_ranks[node]])]
        route += [(middles[head], tops[ranks[head]]), (middles[head], corners[head][1])]
        routes.append(route)
    right = max(middle + width / 2 for middle, width in zip(middles, widths, strict=True))
    return Layout(corners, routes, right, tops[-1] + bands[-1])


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    ranks, heads = [0] * count, [count] * count
    fed = [False] * count
    for tail, head in sorted(edges, key=lambda edge: edge[1]):
        ranks[head] = max(ranks[head], ranks[tail] + 1)
        fed[head] = True
    for tail, head in edges:
        heads[tail] = min(heads[tail], ranks[head])
    return [rank if fed[node] or heads[node] == count else heads[node] - 1 for node, rank in enumerate(ranks)]


def _with_waypoints(
    ranks: list[int], edges: Sequence[tuple[int, int]]
) -> tuple[list[list[int]], list[int], list[tuple[int, int]]]:
    """The waypoints of each arrow; the layers of boxes and waypoints; and what leads from a layer to the next."""
    count = sum(ranks[head] - ranks[tail] - 1 for tail, head in edges)
    all_ranks = list(ranks)
    links: list[tuple[int, int]] = []
    chains: list[list[int]] = []
    for tail, head in edges:
        chain = []
        if count <= _WAYPOINTS:
            chain = list(range(len(all_ranks), len(all_ranks) + ranks[head] - ranks[tail] - 1))
            all_ranks += range(ranks[tail] + 1, ranks[head])
        if chain or ranks[head] == ranks[tail] + 1:
            path = [tail, *chain, head]
            links += itertools.pairwise(path)
        chains.append(chain)
    return chains, all_ranks, links


def _neighbours(count: int, links: Sequence[tuple[int, int]]) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for tail, head in links:
        above[head].append(tail)
        below[tail].append(head)
    return above, below


def _ordered(ranks: Sequence[int], links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The layers, each from left to right; of all orders that were met, the one with the fewest crossings."""
    rows: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for node, rank in enumerate(ranks):
        rows[rank].append(node)
    above, below = _neighbours(len(ranks), links)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        neighbours, order = (below, rows[::-1]) if sweep % 2 else (above, rows)
        places: dict[int, float] = {}
        for row in order:
            start = {node: float(place) for place, node in enumerate(row)}
            row.sort(key=lambda node: _middle(neighbours[node], places, start[node]))
            places = {node: float(place) for place, node in enumerate(row)}
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _middle(neighbours: Sequence[int], places: dict[int, float], otherwise: float) -> float:
    known = [places[node] for node in neighbours if node in places]
    return sum(known) / len(known) if known else otherwise


def _crossings(rows: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> int:
    """The number of crossings, by counting inversions in a binary indexed tree.

    Source: Barth, Jünger, Mutzel: Simple and efficient bilayer cross counting, 2002
    """
    total = 0
    for upper, lower in itertools.pairwise(rows):
        places = {node: place for place, node in enumerate(lower)}
        tree, count = [0] * (len(lower) + 1), 0
        for node in upper:
            ends = sorted(places[head] for head in below[node])
            for end in ends:
                index, before = end + 1, 0
                while index:
                    before += tree[index]
                    index &= index - 1
                total += count - before
            for end in ends:
                index = end + 1
                while index < len(tree):
                    tree[index] += 1
                    index += index & -index
                count += 1
    return total


def _columns(
    rows: Sequence[Sequence[int]], links: Sequence[tuple[int, int]], widths: Sequence[float], boxes: int
) -> list[float]:
    """The middle of each box and waypoint."""
    above, below = _neighbours(len(widths), links)
    middles = [0.0] * len(widths)
    spaces = []
    for row in rows:
        needed = [
            (widths[left] + widths[right]) / 2 + (GAP if max(left, right) < boxes else ROUTE_GAP)
            for left, right in itertools.pairwise(row)
        ]
        spaces.append(needed)
        places = [0.0, *itertools.accumulate(needed)]
        for node, place in zip(row, places, strict=True):
            middles[node] = place - places[-1] / 2
    for sweep in range(2 * _SWEEPS):
        neighbours = below if sweep % 2 else above
        for rank in range(len(rows))[:: -1 if sweep % 2 else 1]:
            row = rows[rank]
            wanted, pulls = [], []
            for node in row:
                near = neighbours[node]
                wanted.append(sum(middles[n] for n in near) / len(near) if near else middles[node])
                straight = node >= boxes and near[0] >= boxes
                pulls.append(_STRAIGHT if straight else 1.0 if near else _WEAK)
            for node, middle in zip(row, _apart(wanted, pulls, spaces[rank]), strict=True):
                middles[node] = middle
    left = min(middle - width / 2 for middle, width in zip(middles, widths, strict=True))
    return [middle - left for middle in middles]


def _apart(wanted: Sequence[float], pulls: Sequence[float], spaces: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones, in their order and with the spaces between them.

    It is an isotonic regression: neighbours that are in each other's way are pooled.
    """
    offset, offsets = 0.0, [0.0]
    for space in spaces:
        offset += space
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # mean, pull, number
    for target, pull, shift in zip(wanted, pulls, offsets, strict=True):
        mean, count = target - shift, 1
        while pools and pools[-1][0] > mean:
            other, weight, members = pools.pop()
            mean = (mean * pull + other * weight) / (pull + weight)
            pull, count = pull + weight, count + members
        pools.append((mean, pull, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + shift for mean, shift in zip(means, offsets, strict=True)]


def _bands(ranks: Sequence[int], sizes: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """The top and the height of each layer."""
    bands = [0.0] * (max(ranks) + 1)
    for rank, (_, height) in zip(ranks, sizes, strict=True):
        bands[rank] = max(bands[rank], height)
    tops, top = [], 0.0
    for height in bands:
        tops.append(top)
        top += height + RISE
    return tops, bands
