from __future__ import annotations

import itertools

import numpy as np

from tests.layers.keras3_ops.operation_tests import Constant, OperationTests, call, floats

LOGITS = floats(2, 4, 3)
TARGETS = np.int32([[1, 2], [2, 0]])
LENGTHS, STEPS = Constant(np.int32([2, 1])), Constant(np.int32([4, 3]))
CHANCES = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)


def loss(blank: int) -> np.ndarray:
    """The losses, summed up over all paths."""
    found = []
    for chances, target, length, steps in zip(CHANCES, TARGETS, [2, 1], [4, 3], strict=True):
        total = 0.0
        for path in itertools.product(range(3), repeat=steps):
            labels = [label for label, _ in itertools.groupby(path) if label != blank]
            if labels == target[:length].tolist():
                total += float(np.prod([chances[t, label] for t, label in enumerate(path)]))
        found.append(-np.log(total))
    return np.float32(found)


PATH = np.float32(
    [[[0, 9, 1], [0, 8, 1], [7, 0, 0], [0, 6, 1]], [[0, 1, 2], [0, 5, 4], [9, 0, 0], [0, 1, 9]]]
)


BEST = np.log(
    np.float32(
        [
            [[0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]],
            [[0.1, 0.1, 0.8], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1]],
        ]
    )
)


class TestOperations(OperationTests):
    composed = True
    calls = [
        call("CTCLoss", TARGETS, LOGITS, LENGTHS, STEPS, gives=loss(0), rtol=1e-5),
        call(
            "CTCLoss",
            TARGETS,
            LOGITS.astype(np.float64),
            LENGTHS,
            STEPS,
            gives=loss(0).astype(np.float64),
            rtol=1e-5,
        ),
        call(
            "CTCDecode",
            PATH,
            STEPS,
            gives=[np.int32([[[1, 1, -1, -1], [2, 1, -1, -1]]]), np.float32([[-30], [-16]])],
        ),
        call(
            "CTCDecode",
            PATH,
            STEPS,
            merge_repeated=False,
            mask_index=-1,
            gives=[np.int32([[[1, 1, 0, 1], [1, 0, -1, -1]]]), np.float32([[-30], [-16]])],
        ),
        call(
            "CTCDecode",
            BEST,
            Constant(np.int32([3, 2])),
            strategy="beam_search",
            beam_width=4,
            gives=[np.int32([[[1, 2, -1], [2, -1, -1]]]), np.log(np.float32([[0.656], [0.8]]))],
            rtol=1e-5,
        ),
    ]
    refused = [
        (
            call("CTCDecode", PATH, STEPS, strategy="best"),
            "expected strategy 'greedy' or 'beam_search', got 'best'",
        )
    ]
