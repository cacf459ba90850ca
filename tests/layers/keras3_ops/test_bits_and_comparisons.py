from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import WILD, C, Constant, N, OperationTests, P, X, Y, call

K = np.array([[1, 2, 3], [0, 1, 4]], np.int32)
NEAR = X + np.float32([[0, 1e-7, 1e-3], [1e-5, 0, 0]])


class TestOperations(OperationTests):
    calls = [
        call("BitwiseAnd", N, K, gives=N & K),
        call("BitwiseOr", N, 6, gives=N | 6),
        call("BitwiseXor", N, K, gives=N ^ K),
        call("BitwiseAnd", C, ~C, gives=C & ~C),
        call("BitwiseXor", C, C[::-1], gives=C ^ C[::-1]),
        call("BitwiseNot", N, gives=~N),
        call("BitwiseNot", C, gives=~C),
        call("BitwiseInvert", N.astype(np.uint8), gives=~N.astype(np.uint8)),
        call("LeftShift", N, K, gives=N << K),
        call("BitwiseLeftShift", N, Constant(K[0]), gives=N << K[0]),
        call("RightShift", N, 1, gives=N >> 1),
        call("BitwiseRightShift", N, K, gives=N >> K),
        call("Hypot", X, Y, gives=np.hypot(X, Y)),
        call("Hypot", X, 2, gives=np.hypot(X, np.float32(2))),
        call("Logaddexp", 50 * X, 50 * Y, gives=np.logaddexp(50 * X, 50 * Y)),
        call("Logaddexp", WILD, WILD, gives=WILD + np.float32(np.log(2))),
        call("Logaddexp2", X, 1.5, gives=np.logaddexp2(X, np.float32(1.5))),
        call("Fmax", WILD, P, gives=np.fmax(WILD, P)),
        call("Fmin", P, WILD, gives=np.fmin(P, WILD)),
        call("Fmin", N, K, gives=np.fmin(N, K)),
        call("Fmod", X, 0.75, gives=np.fmod(X, np.float32(0.75))),
        call("Fmod", N, Constant(K[0]), gives=np.fmod(N, K[0])),
        call("Isclose", X, NEAR, gives=np.isclose(X, NEAR)),
        call("Isclose", X, NEAR, atol=0.01, gives=np.isclose(X, NEAR, atol=0.01)),
        call("Isclose", WILD, WILD, gives=np.isclose(WILD, WILD)),
        call("Isclose", WILD, WILD, equal_nan=True, gives=np.isclose(WILD, WILD, equal_nan=True)),
        call("AllClose", X, NEAR, gives=np.bool_(False)),
        call("AllClose", X, NEAR, atol=0.01, gives=np.bool_(True)),
    ]
    refused = [
        (call("BitwiseAnd", X, Y), "float32"),
        (call("Hypot", X), "operation Hypot.*x2"),
        (call("Fmax", X, Constant(np.float32([1, 2]))), "do not broadcast"),
    ]
