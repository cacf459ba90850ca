from __future__ import annotations

import math

import numpy as np

from tests.layers.keras3_ops.operation_tests import Array, N, OperationTests, S, X, call, floats

WIDE = floats(2, 6)
erf = np.vectorize(math.erf)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array, axis: int = -1) -> Array:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


class TestOperations(OperationTests):
    calls = [
        call("Softmax", X, gives=softmax(X)),
        call("Softmax", S, axis=[1], gives=softmax(S, 1)),
        call("Softmax", N, gives=softmax(N.astype(np.float32))),
        call("LogSoftmax", S, axis=1, gives=np.log(softmax(S, 1))),
        call("Gelu", X, approximate=False, gives=X * (1 + erf(X / math.sqrt(2))) / 2),
        call("Gelu", X, gives=X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))) / 2),
        call("LeakyRelu", X, negative_slope=0.1, gives=np.where(X < 0, 0.1 * X, X)),
        call("Elu", X, gives=np.where(X < 0, np.expm1(X), X)),
        call("Elu", X, alpha=0.5, gives=np.where(X < 0, 0.5 * np.expm1(X), X)),
        call("HardSigmoid", X, gives=np.clip(X + 3, 0, 6) / 6),
        call("HardSilu", X, gives=X * np.clip(X + 3, 0, 6) / 6),
        call("HardTanh", X, gives=np.clip(X, -1, 1)),
        call("Celu", X, alpha=0.7, gives=np.where(X < 0, 0.7 * np.expm1(X / 0.7), X)),
        call("SparseSigmoid", X, gives=np.clip((X + 1) / 2, 0, 1)),
        call("SparsePlus", X, gives=np.where(X <= -1, 0, np.where(X < 1, (X + 1) ** 2 / 4, X))),
        call("SoftShrink", X, threshold=1.0, gives=np.sign(X) * np.maximum(np.abs(X) - 1, 0)),
        call("HardShrink", X, gives=np.where(np.abs(X) > 0.5, X, 0)),
        call("TanhShrink", X, gives=X - np.tanh(X)),
        call("Threshold", X, 0.5, -1, gives=np.where(X > 0.5, X, -1)),
        call("Squareplus", X, b=2, gives=(X + np.sqrt(X**2 + 2)) / 2),
        call("Glu", WIDE, gives=WIDE[:, :3] * sigmoid(WIDE[:, 3:])),
        call("Glu", S, axis=1, gives=S[:, :2] * sigmoid(S[:, 2:])),
        call("Sparsemax", np.float32([[0.1, 0.2, 5.0]]), gives=np.float32([[0, 0, 1]])),
    ]
    refused = [
        (call("Softmax", S, axis=[1, 2]), r"expected one axis, got \[1, 2\]"),
        (call("Softmax", X, axis=2), "axis 2 is out of range"),
        (call("Glu", X), "Glu.*even size, got 3"),
        (call("Glu", X, axis=0), "the size of axis 0 must be known"),
    ]
