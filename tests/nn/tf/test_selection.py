from __future__ import annotations

import numpy as np

from tests.nn.tf.function_tests import C, FunctionTests, N, S, X, Y, call

AT = np.array([[1, 0], [3, 2]], np.int32)
BOTH = S[np.arange(2)[:, None], AT]


def scattered(start: np.ndarray, function: str) -> np.ndarray:
    out = start.copy()
    for row, update in ((1, [9, 0, 1]), (1, [0.5, 2, -3])):
        out[row] = {
            "add": lambda a, b: a + b,
            "sub": lambda a, b: a - b,
            "max": np.maximum,
            "min": np.minimum,
            "update": lambda a, b: b,
        }[function](out[row], np.float32(update))
    return out


class TestFunctions(FunctionTests):
    calls = [
        call("where", C, X, Y, gives=np.where(C, X, Y)),
        call("where", C, X, 0.0, gives=np.where(C, X, 0)),
        call("where", C, 1, 2, gives=np.where(C, 1, 2).astype(np.int32)),
        call("where", [[True, False, True]], X, Y, gives=np.where([[True, False, True]], X, Y)),
        call("where", C, gives=np.argwhere(C), open=True),
        call("gather", S, [3, 0], axis=1, gives=S[:, [3, 0]]),
        call("gather", S, AT, axis=1, batch_dims=1, gives=BOTH),
        call("gather", S, AT, batch_dims=1, gives=BOTH),
        call("gather", [1.5, 2.5, 3.5, 4.5], AT, gives=np.float32([1.5, 2.5, 3.5, 4.5])[AT]),
        call("gather", [10, 20, 30, 40], AT, gives=np.int32([10, 20, 30, 40])[AT]),
        call(
            "nn.embedding_lookup",
            [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]],
            AT,
            gives=np.float32([[1, 2], [3, 4], [5, 6], [7, 8]])[AT],
        ),
        call("gather_nd", S, [[0, 1], [1, 3]], gives=S[[0, 1], [1, 3]]),
        call("gather_nd", S, AT[:, :, None], batch_dims=1, gives=BOTH),
        call("one_hot", np.abs(N), 4, gives=np.float32(np.abs(N)[..., None] == np.arange(4))),
        call(
            "one_hot",
            N,
            2,
            on_value=5,
            off_value=-1,
            axis=1,
            gives=np.moveaxis(np.where(N[..., None] == np.arange(2), 5, -1), 2, 1).astype(np.int32),
        ),
        call("one_hot", N, 2, dtype="bool", gives=N[..., None] == np.arange(2)),
        call("sequence_mask", np.abs(N), 4, gives=np.arange(4) < np.abs(N)[..., None]),
        call("sequence_mask", N, dtype="float32", gives=np.float32(np.arange(5) < N[..., None]), open=True),
        *(
            call(
                f"tensor_scatter_nd_{kind}",
                X,
                [[1], [1]],
                [[9.0, 0.0, 1.0], [0.5, 2.0, -3.0]],
                gives=scattered(X, kind),
            )
            for kind in ("update", "add", "sub", "max", "min")
        ),
        call("scatter_nd", [[1], [3]], X, [5, 3], gives=np.stack([0 * X[0], X[0], 0 * X[0], X[1], 0 * X[0]])),
        call("scatter_nd", AT[:, :1], [1.5, 2.5], [5], gives=np.float32([0, 1.5, 0, 2.5, 0])),
        call("boolean_mask", X, C, gives=X[C], open=True),
        call("boolean_mask", S, [True, False, True, False], axis=1, gives=S[:, [0, 2]], open=True),
        call("sort", S, 1, gives=np.sort(S, 1)),
        call("sort", X, direction="DESCENDING", gives=np.sort(X)[:, ::-1]),
        call("sort", X, 0, gives=np.sort(X, 0)),
        call("argsort", S, 1, gives=np.argsort(S, 1).astype(np.int32)),
        call("argsort", N, direction="DESCENDING", gives=np.argsort(-N).astype(np.int32)),
    ]
    refused = [
        (call("where", C, X), "expected x and y, or neither of them; got one"),
        (call("nn.embedding_lookup", X, [0], max_norm=1.0), "max_norm is not supported"),
        (call("gather_nd", S, AT, batch_dims=2), "expected batch_dims below the 2 dimensions"),
        (call("gather_nd", S, AT, bad_indices_policy="IGNORE"), "'IGNORE' is not supported"),
        (call("scatter_nd", [[1]], X, [5], bad_indices_policy="IGNORE"), "'IGNORE' is not supported"),
        (call("boolean_mask", X, [True, False], axis=1), "axis 0 of the mask: expected size 3, got 2"),
        (call("boolean_mask", X, [[True] * 3] * 2, axis=1), "a mask of 2 dimensions at axis 1"),
        (call("sort", X, direction="UP"), "expected direction 'ASCENDING' or 'DESCENDING', got 'UP'"),
        (call("sort", X, 2), "axis 2 is out of range"),
        (call("argsort", N.astype(np.uint8)), r"unsigned integers \(uint8\) are not supported"),
    ]
