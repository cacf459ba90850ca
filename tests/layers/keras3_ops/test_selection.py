from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import C, Constant, N, OperationTests, P, S, V, X, Y, call

AT = np.array([[1, -1], [0, 2]], np.int32)
BORDERS = Constant(np.float32([-1, 0, 0.5]))
ALONG = np.array([[[0, -1, 1, 2, 3]], [[3, 3, -2, 1, 0]]], np.int32)
ROWS = Constant(np.int32([[0], [3], [1], [3]]))
SUMS = np.float32([V[0], V[2], 0, V[1] + V[3], 0])


def hot(x: np.ndarray, count: int) -> np.ndarray:
    return (x[..., None] == np.arange(count)).astype(np.float32)


class TestOperations(OperationTests):
    calls = [
        call("Where", X, X, Y, gives=np.where(X, X, Y)),
        call("Where", C, N, 0.5, gives=np.where(C, N, 0.5).astype(np.float32)),
        call("OneHot", N, num_classes=4, gives=hot(N, 4)),
        call(
            "OneHot",
            N,
            num_classes=4,
            axis=1,
            dtype="int32",
            gives=np.moveaxis(hot(N, 4), -1, 1).astype(np.int32),
        ),
        call("TopK", X, k=2, gives=[np.float32([[2, 0], [4, 1]]), np.int32([[2, 1], [0, 2]])]),
        call("Take", S, [0, -1], axis=1, gives=S[:, [0, -1]]),
        call("Take", S, AT, axis=1, gives=np.take(S, AT, 1)),
        call("Take", X, 1, axis=1, gives=X[:, 1]),
        call("Take", X, AT, gives=np.take(X, AT)),
        call("TakeAlongAxis", X, AT, axis=1, gives=np.take_along_axis(X, AT.astype(int), 1)),
        call("TakeAlongAxis", S, ALONG, axis=1, gives=np.take_along_axis(S, ALONG.astype(int), 1)),
        call("Sort", S, axis=1, gives=np.sort(S, 1)),
        call("Sort", X, axis=None, gives=np.sort(X, None)),
        call("Argsort", S, axis=-1, gives=np.argsort(S).astype(np.int32)),
        call("Select", [X > 1, Y > 1], [X, Y], default=-3, gives=np.select([X > 1, Y > 1], [X, Y], -3)),
        call("SearchSorted", BORDERS, V, gives=np.searchsorted(BORDERS.array, V).astype(np.int32)),
        call(
            "SearchSorted",
            BORDERS,
            V,
            side="right",
            gives=np.searchsorted(BORDERS.array, V, "right").astype(np.int32),
        ),
        call("Digitize", X, BORDERS, gives=np.digitize(X, BORDERS.array).astype(np.int32)),
        call("IsIn", N, [1, 3], gives=np.isin(N, [1, 3])),
        call("IsIn", N, AT, invert=True, gives=np.isin(N, AT, invert=True)),
        call("InTopK", np.array([0, 2], np.int32), X, k=2, gives=np.array([False, True])),
        call(
            "InTopK",
            np.array([1, 0], np.int32),
            np.float32([[1, 2, 3], [9, np.nan, 1]]),
            k=2,
            gives=np.array([True, False]),
        ),
        call("MultiHot", N, num_classes=4, gives=hot(N, 4).max(1)),
        call("SegmentSum", V, Constant(np.int32([0, 3, 1, 3])), num_segments=5, gives=SUMS),
        call("Scatter", ROWS, V, shape=[5], gives=SUMS),
        call(
            "ScatterUpdate",
            V,
            Constant(np.int32([[0], [3]])),
            Constant(np.float32([9, 8])),
            gives=np.float32([9, *V[1:3], 8]),
        ),
        call(
            "ScatterUpdate",
            V,
            Constant(np.int32([[0], [0]])),
            Constant(np.float32([9, 8])),
            reduction="add",
            gives=V + np.float32([17, 0, 0, 0]),
        ),
        call(
            "ExtractSequences",
            X,
            sequence_length=2,
            sequence_stride=1,
            gives=np.stack([X[:, :2], X[:, 1:]], 1),
        ),
    ]
    refused = [
        (call("Where", C), "use nonzero"),
        (call("OneHot", N, num_classes=3, sparse=True), "sparse=True is not supported"),
        (call("TopK", X, k=4), "fewer than 4 elements"),
        (call("Take", X, [-1], axis=0), "negative indices of an axis of unknown size"),
        (call("TakeAlongAxis", X, [[0]], axis=1), "TakeAlongAxis.*indices, got a constant"),
        (call("TakeAlongAxis", S, ALONG, axis=2), "are not supported"),
        (call("SearchSorted", BORDERS, 1.0), "expected a tensor as values, got a constant"),
        (call("Digitize", X, Constant(P)), "expected a sequence of one dimension, got 2"),
        (call("IsIn", [1], N), "expected a tensor as x1, got a constant"),
        (call("MultiHot", N), "num_classes=None is not supported"),
        (call("ScatterUpdate", V, ROWS, V, reduction="mul"), "reduction='mul' is not supported"),
        (
            call("ExtractSequences", V, sequence_length=2, sequence_stride=1),
            "the size of axis 0 must be known",
        ),
    ]
