from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import C, Constant, N, OperationTests, S, V, X, call

IDS = Constant(np.int32([0, 2, 0, 2]))
ROWS = np.int32([[3, 1, 3, 2], [0, 1, 0, 2]])
VALUES, FIRST, INVERSE, COUNTS = np.unique(N // 2, return_index=True, return_inverse=True, return_counts=True)
MORE = np.int32([[0, 1, 1], [2, 0, 2]])


class TestOperations(OperationTests):
    composed = True
    calls = [
        call("Nonzero", N, gives=[a.astype(np.int32) for a in np.nonzero(N)]),
        call("Nonzero", C, gives=[a.astype(np.int32) for a in np.nonzero(C)]),
        call("Bincount", MORE, gives=np.int32([[1, 2, 0], [1, 0, 2]])),
        call("Bincount", MORE[0], minlength=4, gives=np.int32([1, 2, 0, 0])),
        call(
            "Bincount",
            MORE,
            weights=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
            gives=np.float32([[1, 5, 0], [5, 0, 10]]),
        ),
        call("Histogram", V, bins=3, gives=[*map(np.float32, np.histogram(V, 3))]),
        call("Histogram", V, bins=2, range=[-1, 3], gives=[np.float32([1, 2]), np.float32([-1, 1, 3])]),
        call("Unique", N // 2, gives=VALUES),
        call(
            "Unique",
            N // 2,
            return_index=True,
            return_inverse=True,
            return_counts=True,
            gives=[VALUES, *(a.astype(np.int32) for a in (FIRST, INVERSE.reshape(N.shape), COUNTS))],
        ),
        call("Unique", ROWS, axis=1, gives=np.unique(ROWS, axis=1)),
        call(
            "Unique",
            ROWS,
            axis=1,
            sorted=False,
            return_inverse=True,
            gives=[ROWS[:, [0, 1, 3]], np.int32([0, 1, 0, 2])],
        ),
        call(
            "Unique",
            ROWS,
            size=6,
            fill_value=9,
            return_counts=True,
            gives=[np.int32([0, 1, 2, 3, 9, 9]), np.int32([2, 2, 2, 2, 0, 0])],
        ),
        call("Unique", ROWS, size=2, gives=np.int32([0, 1])),
        call("SegmentMax", V, IDS, num_segments=3, gives=np.float32([3, np.finfo(np.float32).min, 1.5])),
        call("SegmentMin", V, Constant(np.int32([0, 0, 1, 1])), sorted=True, gives=np.float32([-2, 1.5])),
        call(
            "SegmentProd", S[:1].repeat(4, 0), IDS, gives=np.stack([S[0] ** 2, np.ones_like(S[0]), S[0] ** 2])
        ),
    ]
    refused = [
        (call("Bincount", N, sparse=True), "sparse=True is not supported"),
        (call("Histogram", X), "expected a vector, got 2 dimensions"),
    ]
