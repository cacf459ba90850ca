from __future__ import annotations

import math

import numpy as np

from tests.layers.keras3_ops.operation_tests import Array, Constant, OperationTests, P, S, X, Y, call, floats

Q, K, VALUE = floats(2, 3, 4, 5), floats(2, 6, 4, 5) / 2, floats(2, 6, 4, 5) / 3
FEW = floats(2, 6, 2, 5)
ROW = [Constant(np.float32([1, 2, 3, 4, 5]) / n) for n in (1, 2, 3, 4)]
MASK = np.array([[True] * 6, [True, True, False, False, True, False]])[:, None, None]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array) -> Array:
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def attention(q: Array, k: Array, v: Array, scale: float, bias: Array | float = 0.0) -> Array:
    scores = np.einsum("bqhd,bkhd->bhqk", q, k) * scale + bias
    return np.einsum("bhqk,bkhd->bqhd", softmax(scores), v)


def normalized(x: Array, axis: int, epsilon: float) -> Array:
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon)


class TestOperations(OperationTests):
    calls = [
        call(
            "BatchNorm", S, ROW[0], ROW[1], axis=-1, gives=(S - ROW[0].array) / np.sqrt(ROW[1].array + 1e-3)
        ),
        call(
            "BatchNorm",
            np.moveaxis(S, 2, 1),
            *ROW,
            axis=1,
            epsilon=0.1,
            gives=np.moveaxis(
                (S - ROW[0].array) / np.sqrt(ROW[1].array + 0.1) * ROW[3].array + ROW[2].array, 2, 1
            ),
            rtol=1e-5,
        ),
        call("LayerNorm", S, axis=-1, gives=normalized(S, -1, 1e-7), rtol=1e-5),
        call(
            "LayerNorm",
            S,
            ROW[0],
            ROW[1],
            epsilon=0.1,
            gives=normalized(S, -1, 0.1) * ROW[0].array + ROW[1].array,
            rtol=1e-5,
        ),
        call(
            "LayerNorm",
            S,
            rms_scaling=True,
            epsilon=0.1,
            gives=S / np.sqrt(S.var(-1, keepdims=True) + 0.1),
            rtol=1e-5,
        ),
        call(
            "RMSNorm",
            S,
            ROW[0],
            gives=S / np.sqrt((S**2).mean(-1, keepdims=True) + 1e-7) * ROW[0].array,
            rtol=1e-5,
        ),
        call("BinaryCrossentropy", 1 - P, P, gives=-(1 - P) * np.log(P) - P * np.log(1 - P)),
        call(
            "BinaryCrossentropy",
            P,
            X,
            from_logits=True,
            gives=-P * np.log(sigmoid(X)) - (1 - P) * np.log(sigmoid(-X)),
        ),
        call(
            "CategoricalCrossentropy",
            softmax(Y),
            P,
            gives=-(softmax(Y) * np.log(P / P.sum(-1, keepdims=True))).sum(-1),
        ),
        call(
            "CategoricalCrossentropy",
            softmax(Y),
            X,
            from_logits=True,
            gives=-(softmax(Y) * np.log(softmax(X))).sum(-1),
        ),
        call(
            "SparseCategoricalCrossentropy",
            np.array([2, 0], np.int32),
            softmax(X),
            gives=-np.log(softmax(X)[[0, 1], [2, 0]]),
        ),
        call(
            "SparseCategoricalCrossentropy",
            np.array([[2], [0]], np.int32),
            X,
            from_logits=True,
            gives=-np.log(softmax(X)[[0, 1], [2, 0]]),
        ),
        call("PSNR", X, Y, max_val=2.0, gives=np.float32(10 * math.log10(4 / ((X - Y) ** 2).mean()))),
        call("DotProductAttention", Q, K, VALUE, gives=attention(Q, K, VALUE, 1 / math.sqrt(5)), rtol=1e-5),
        call(
            "DotProductAttention",
            Q,
            K,
            VALUE,
            scale=0.3,
            mask=MASK,
            gives=attention(Q, K, VALUE, 0.3, np.where(MASK, 0, -np.inf)),
            rtol=1e-5,
        ),
        call(
            "DotProductAttention",
            K,
            K,
            VALUE,
            is_causal=True,
            gives=attention(K, K, VALUE, 1 / math.sqrt(5), np.triu(np.full((6, 6), -np.inf), 1)),
            rtol=1e-5,
        ),
        call(
            "DotProductAttention",
            Q,
            FEW,
            FEW,
            scale=1.0,
            gives=attention(Q, FEW.repeat(2, 2), FEW.repeat(2, 2), 1.0),
            rtol=1e-4,
        ),
    ]
    refused = [
        (call("BinaryCrossentropy", P, Constant(P)), "expected a tensor as output, got a constant"),
        (
            call("SparseCategoricalCrossentropy", np.array([2, 0], np.int32), X, axis=0),
            "only the last axis is supported",
        ),
        (
            call("DotProductAttention", Q, K, VALUE, attn_logits_soft_cap=1.0),
            "attn_logits_soft_cap is not supported",
        ),
        (call("BatchNorm", S, ROW[0], ROW[1], axis=3), "axis 3 is out of range"),
    ]
