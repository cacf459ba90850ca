from __future__ import annotations

import numpy as np

from tests.nn.tf.function_tests import C, FunctionTests, N, S, X, call

ROOT = np.sqrt((S**2).sum(1, keepdims=True))
TOP = np.sort(X)[:, ::-1][:, :2]


class TestFunctions(FunctionTests):
    calls = [
        *(
            call(f"math.reduce_{name}", S, axis=[1, 2], gives=getattr(S, name)((1, 2)), rtol=2e-6)
            for name in ("sum", "mean", "max", "min", "prod")
        ),
        call("math.reduce_sum", X, gives=X.sum()),
        call("math.reduce_sum", X, reduction_indices=0, keep_dims=True, gives=X.sum(0, keepdims=True)),
        call("math.reduce_any", C, 0, gives=C.any(0)),
        call("math.reduce_all", C, -1, True, gives=C.all(-1, keepdims=True)),
        call("math.reduce_euclidean_norm", S, 1, gives=ROOT[:, 0]),
        call("math.reduce_variance", S, 1, gives=S.var(1)),
        call("math.reduce_std", S, [1, 2], gives=S.std((1, 2))),
        call("math.reduce_logsumexp", 100 * X, 1, gives=[np.float32([200, 400])]),
        call("math.reduce_logsumexp", X, 0, True, gives=np.log(np.exp(X).sum(0, keepdims=True))),
        call("nn.moments", S, [1], gives=[S.mean(1), S.var(1)]),
        call(
            "nn.moments",
            S,
            [0, 1],
            keepdims=True,
            gives=[S.mean((0, 1), keepdims=True), S.var((0, 1), keepdims=True)],
        ),
        call(
            "nn.moments",
            S.astype(np.float16),
            [1],
            gives=[S.mean(1).astype(np.float16), S.var(1).astype(np.float16)],
            rtol=5e-3,
        ),
        call("math.argmax", S, -1, gives=S.argmax(-1)),
        call("math.argmin", S, dimension=1, output_type="int32", gives=S.argmin(1).astype(np.int32)),
        call("math.argmax", S, gives=S.argmax(0)),
        call("math.cumsum", S, 1, gives=S.cumsum(1)),
        call("math.cumsum", X, 1, exclusive=True, reverse=True, gives=[np.float32([[2, 2, 0], [0.5, 1, 0]])]),
        call("math.cumprod", S, -1, gives=S.cumprod(-1), rtol=2e-6),
        call("math.count_nonzero", N, 1, gives=np.count_nonzero(N, 1)),
        call("math.count_nonzero", X, keepdims=True, dtype="int32", gives=np.array([[5]], np.int32)),
        call("math.l2_normalize", S, 1, gives=S / ROOT),
        call("math.l2_normalize", X, [0, 1], epsilon=100.0, gives=X / 10),
        call("norm", S, axis=1, keepdims=True, gives=ROOT),
        call("norm", S, 1, [-1], gives=np.abs(S).sum(-1)),
        call("norm", S, float("inf"), 1, gives=np.abs(S).max(1)),
        call("norm", S, 3, 1, gives=(np.abs(S) ** 3).sum(1) ** (1 / 3)),
        call("norm", S, "fro", [1, 2], gives=np.linalg.norm(S, axis=(1, 2))),
        call("math.top_k", X, 2, gives=[TOP, np.int32([[2, 1], [0, 2]])]),
        call("math.top_k", X, 1, index_type="int64", gives=[TOP[:, :1], np.int64([[2], [0]])]),
        call(
            "math.unsorted_segment_sum",
            X,
            [1, 1],
            3,
            gives=[np.float32([[0, 0, 0], X.sum(0), [0, 0, 0]])],
            of_any_batch=True,
        ),
    ]
    refused = [
        (call("math.reduce_sum", X, 2), "axis 2 is out of range"),
        (call("nn.moments", X, [2]), "axis 2 is out of range"),
        (call("norm", X, 2, [0, 1]), "ord 2 of matrices is not supported"),
        (call("norm", X, -1, 1), "a positive number, got -1"),
        (call("math.top_k", X, 4), "fewer than 4 elements"),
        (call("math.l2_normalize", X, "first"), "axis 'first' is out of range"),
        (call("math.unsorted_segment_sum", X, [0, 1, 2], 3), "dimensions 2 and 3"),
    ]
