"""Beam search over the labels of sequences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples

SAMPLES = Samples()
case = SAMPLES.case
LOGITS = np.random.default_rng(4).normal(size=(5, 2, 4)).astype(np.float32)
LENGTHS = np.int32([5, 3])
for width, paths, merged in ((20, 3, False), (3, 2, False), (20, 2, True)):
    case(
        "CTCBeamSearchDecoder",
        LOGITS,
        LENGTHS,
        beam_width=width,
        top_paths=paths,
        merge_repeated=merged,
        shape_is_open=True,
        ulps=64,
        accumulates=True,
    )


class TestKernels(KernelTests):
    samples = SAMPLES


def test_a_wide_beam_finds_the_likeliest_sequence() -> None:
    outputs = find_op("CTCBeamSearchDecoder").run(
        {"beam_width": 500, "top_paths": 1, "merge_repeated": False}, LOGITS, LENGTHS
    )
    logs = LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))
    for row, length in enumerate(LENGTHS):
        chances: dict[tuple[int, ...], float] = {}
        for path in itertools.product(range(4), repeat=int(length)):
            labels = tuple(label for label, _ in itertools.groupby(path) if label != 3)
            chance = float(np.exp(sum(logs[t, row, label] for t, label in enumerate(path))))
            chances[labels] = chances.get(labels, 0.0) + chance
        best = max(chances, key=lambda labels: chances[labels])
        found = outputs[1][outputs[0][:, 0] == row]
        assert tuple(found.tolist()) == best
        np.testing.assert_allclose(outputs[3][row, 0], np.log(chances[best]), rtol=1e-5)


def test_more_paths_than_the_beam_has() -> None:
    with pytest.raises(ValueError, match="expected 3 paths, the beam has 2"):
        find_op("CTCBeamSearchDecoder").run(
            {"beam_width": 2, "top_paths": 3, "merge_repeated": False}, LOGITS, LENGTHS
        )
