"""Beam search over the labels of sequences without alignment.

Source: tensorflow/core/ops/ctc_ops.cc; tensorflow/core/util/ctc/ctc_beam_search.h.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Value

_NEVER = -math.inf


def _log_sum(a: float, b: float) -> float:
    if _NEVER in (a, b):
        return max(a, b)
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


@dataclass
class _Chance:
    """The logarithms of the chances of a prefix that ends in a blank, in its label, and in either."""

    total: float = _NEVER
    blank: float = _NEVER
    label: float = _NEVER


@dataclass(eq=False)
class _Prefix:
    """A sequence of labels: a parent's, and one more."""

    parent: _Prefix | None
    label: int
    children: list[_Prefix] = field(default_factory=list)
    old: _Chance = field(default_factory=_Chance)
    new: _Chance = field(default_factory=_Chance)

    @property
    def active(self) -> bool:
        return self.new.total != _NEVER

    def labels(self, merge: bool) -> list[int]:
        found: list[int] = []
        at, before = self, -1
        while at.parent is not None:
            if not merge or at.label != before:
                found.append(at.label)
            at, before = at.parent, at.label
        return found[::-1]


def _step(leaves: list[_Prefix], chances: list[float], width: int) -> list[_Prefix]:
    """The best prefixes after one more step."""
    blank = len(chances) - 1
    branches = sorted(leaves, key=lambda b: -b.new.total)
    for b in branches:
        b.old, b.new = b.new, replace(b.new)
    kept: list[_Prefix] = []
    for b in branches:
        if b.parent is not None:
            if b.parent.active:
                same = b.label == b.parent.label
                b.new.label = _log_sum(b.new.label, b.parent.old.blank if same else b.parent.old.total)
            b.new.label += chances[b.label]
        b.new.blank = b.old.total + chances[blank]
        b.new.total = _log_sum(b.new.blank, b.new.label)
        kept.append(b)

    def bottom() -> _Prefix:
        return min(kept, key=lambda b: b.new.total)

    def is_candidate(total: float) -> bool:
        return total > _NEVER and (len(kept) < width or total > bottom().new.total)

    for b in branches:
        if not is_candidate(b.old.total):
            continue
        if not b.children:
            b.children = [_Prefix(b, label) for label in range(blank)]
        for child in b.children:
            if child.active:
                continue
            before = b.old.blank if child.label == b.label else b.old.total
            label = chances[child.label] + before
            child.new = _Chance(label, _NEVER, label)
            if not is_candidate(label):
                child.old, child.new = _Chance(), _Chance()
                continue
            if len(kept) == width:
                last = bottom()
                kept.remove(last)
                last.new = _Chance()
            kept.append(child)
    return kept


def _paths(logits: Array, attrs: Attrs) -> list[tuple[list[int], float]]:
    """The best sequences of labels of one sequence of logits (steps, labels), and their chances."""
    root = _Prefix(None, -1, new=_Chance(0.0, 0.0, _NEVER))
    leaves = [root]
    for row in logits.astype(np.float64):
        most = row.max()
        norm = most + math.log(np.exp(row - most).sum())
        leaves = _step(leaves, (row - norm).tolist(), attrs["beam_width"])
    best = sorted(leaves, key=lambda b: -b.new.total)[: attrs["top_paths"]]
    if len(best) < attrs["top_paths"]:
        raise ValueError(f"expected {attrs['top_paths']} paths, the beam has {len(best)}")
    return [(b.labels(attrs["merge_repeated"]), b.new.total) for b in best]


def _infer(attrs: Attrs, inputs: Value, lengths: Value) -> list[Shape]:
    count = attrs["top_paths"]
    batch = None if inputs.shape is None else inputs.shape[1]
    return [*[(None, 2)] * count, *[(None,)] * count, *[(2,)] * count, (batch, count)]


def _beam_search(attrs: Attrs, inputs: Array, lengths: Array) -> list[Array]:
    found = [_paths(inputs[: int(n), i], attrs) for i, n in enumerate(lengths)]
    indices, values, shapes = [], [], []
    for path in range(attrs["top_paths"]):
        rows = [labels[path][0] for labels in found]
        places = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
        indices.append(np.array(places, np.int64).reshape(-1, 2))
        values.append(np.array([label for row in rows for label in row], np.int64))
        shapes.append(np.array([len(rows), max(map(len, rows), default=0)], np.int64))
    scores = np.array([[score for _, score in paths] for paths in found], inputs.dtype)
    return [*indices, *values, *shapes, scores.reshape(len(found), attrs["top_paths"])]


declare("CTCBeamSearchDecoder", _infer, _beam_search)
