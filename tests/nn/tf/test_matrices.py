from __future__ import annotations

import numpy as np

from tests.nn.tf.function_tests import FunctionTests, S, X, call, floats

SQUARE, WIDE = floats(2, 3, 3), floats(2, 3, 4)
NORM = np.linalg.norm(S, axis=-1, keepdims=True)


class TestFunctions(FunctionTests):
    calls = [
        call("linalg.adjoint", S, gives=S.swapaxes(1, 2)),
        call("linalg.cross", SQUARE, SQUARE[:, ::-1], gives=np.cross(SQUARE, SQUARE[:, ::-1])),
        call("linalg.cross", SQUARE, [1.0, 2.0, 3.0], gives=np.cross(SQUARE, [1, 2, 3])),
        call("linalg.diag", X, gives=X[:, :, None] * np.eye(3)),
        call("linalg.diag", X, padding_value=7, gives=np.where(np.eye(3), X[:, :, None], 7)),
        call("linalg.diag_part", SQUARE, gives=SQUARE.diagonal(axis1=1, axis2=2)),
        call("linalg.diag_part", WIDE, gives=WIDE.diagonal(axis1=1, axis2=2)),
        call("linalg.diag_part", WIDE.swapaxes(1, 2), gives=WIDE.diagonal(axis1=1, axis2=2)),
        call("linalg.set_diag", WIDE, X, gives=np.where(np.eye(3, 4), X[:, :, None], WIDE)),
        call("linalg.trace", SQUARE, gives=SQUARE.trace(axis1=1, axis2=2)),
        call("linalg.normalize", S, axis=-1, gives=[S / NORM, NORM]),
    ]
    refused = [
        (call("linalg.adjoint", X.astype(np.complex64)), "complex numbers are not supported"),
        (call("linalg.cross", S, S), "expected vectors of 3"),
        (call("linalg.diag", X, k=1), "only the main diagonal is supported"),
        (call("linalg.diag_part", SQUARE, k=-1), "only the main diagonal is supported"),
        (call("linalg.set_diag", WIDE.swapaxes(1, 2), X), "more rows than columns"),
    ]
