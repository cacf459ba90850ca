"""Straight-line functions made at random: elementwise ops, products, reductions, and ops that move elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kerasfmt.graph import Value, ops
from tests.gradient.rule_tests import GradientCase

Rng = np.random.Generator
ROWS, COLUMNS = 4, 6
STEPS = 14


def _unary(x: Value, other: Value, rng: Rng) -> Value:
    choices = (ops.tanh, ops.sigmoid, ops.sin, ops.softplus, ops.square, ops.negative, ops.softmax)
    return choices[rng.integers(len(choices))](x)


def _binary(x: Value, other: Value, rng: Rng) -> Value:
    choices = (ops.add, ops.subtract, ops.multiply, ops.maximum, ops.minimum, ops.squared_difference)
    return choices[rng.integers(len(choices))](x, other)


def _with_row(x: Value, other: Value, rng: Rng) -> Value:
    row = ops.reduce_mean(other, [0], keepdims=bool(rng.integers(2)))
    return _binary(x, row, rng) if rng.integers(2) else _binary(row, x, rng)


def _with_column(x: Value, other: Value, rng: Rng) -> Value:
    reduce_ = (ops.reduce_sum, ops.reduce_mean, ops.reduce_max)[rng.integers(3)]
    return _binary(x, reduce_(other, [1], keepdims=True), rng)


def _product(x: Value, other: Value, rng: Rng) -> Value:
    return ops.tanh(ops.matmul(ops.matmul(x, other, transpose_b=True), other))


def _transposed(x: Value, other: Value, rng: Rng) -> Value:
    return ops.transpose(ops.tanh(ops.transpose(x, [1, 0])), [1, 0])


def _reshaped(x: Value, other: Value, rng: Rng) -> Value:
    return ops.reshape(ops.sin(ops.reshape(x, [-1, 2, COLUMNS // 2])), [-1, COLUMNS])


def _halves_exchanged(x: Value, other: Value, rng: Rng) -> Value:
    first, second = ops.split(x, 2, 1)
    return ops.concat([second, first] if rng.integers(2) else [first, first], 1)


def _shifted(x: Value, other: Value, rng: Rng) -> Value:
    padded = ops.pad(x, [[0, 0], [1, 2]])
    return ops.slice_(padded, [0, int(rng.integers(4))], [-1, COLUMNS])


def _rows_chosen(x: Value, other: Value, rng: Rng) -> Value:
    order = rng.integers(COLUMNS, size=COLUMNS).astype(np.int32)
    return ops.gather(x, order, 1)


def _chosen(x: Value, other: Value, rng: Rng) -> Value:
    return ops.where(ops.greater(x, other), x, ops.tanh(other))


def _stacked(x: Value, other: Value, rng: Rng) -> Value:
    return ops.reduce_sum(ops.pack([x, other, x], 1), [1])


_MOVES: tuple[Callable[[Value, Value, Rng], Value], ...] = (
    *(_unary, _unary, _binary, _binary, _with_row, _with_column, _product, _transposed),
    *(_reshaped, _halves_exchanged, _shifted, _rows_chosen, _chosen, _stacked),
)


def random_case(seed: int) -> GradientCase:
    """A function of two matrices and a row, made at random."""
    inputs = np.random.default_rng(seed)
    arrays = (
        inputs.uniform(-1, 1, (ROWS, COLUMNS)),
        inputs.uniform(-1, 1, (ROWS, COLUMNS)),
        inputs.uniform(-1, 1, (COLUMNS,)),
    )

    def build(x: Value, y: Value, row: Value) -> Sequence[Value]:
        rng = np.random.default_rng(seed)
        made = [x, y, x * row]
        for _ in range(STEPS):
            first, second = (made[-1 - int(rng.geometric(0.4) - 1) % len(made)] for _ in range(2))
            made.append(_MOVES[rng.integers(len(_MOVES))](first, second, rng))
        return [made[-1], ops.reduce_mean(made[-2]), made[int(rng.integers(len(made)))]]

    return GradientCase(f"random_{seed}", build, arrays, ("all", "some"))
