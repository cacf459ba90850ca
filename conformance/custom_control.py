"""Keras 3 layers whose `call` runs functions of the user's: branches, loops, scans and maps of `keras.ops`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

from conformance.case import Keras
from conformance.custom_models import Custom

Code: TypeAlias = Callable[[Any, Any, Any], Any]
"""From `keras.ops`, the layer and its input (batch, 3, 4) to its output."""

_X: Final = np.random.default_rng(11).normal(size=(2, 3, 4)).astype(np.float32)


def _total(ops: Any, x: Any) -> Any:
    return ops.sum(x, axis=(1, 2))


def _cond(ops: Any, layer: Any, x: Any) -> Any:
    large = ops.cond(ops.sum(x) > 1e3, lambda: layer.dense(x), lambda: x - layer.scale)
    return ops.cond(
        ops.sum(x) < 1e3, lambda: {"a": layer.dense(x) * layer.scale, "b": large}, lambda: {"a": x, "b": x}
    )


def _switch(ops: Any, layer: Any, x: Any) -> Any:
    branches = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: layer.dense(a) - b]
    index = ops.cast(ops.argmax(_total(ops, x)) * 0, "int32")
    return [ops.switch(index + at, branches, x, x * layer.scale) for at in (-1, 1, 2, 7)]


def _while_loop(ops: Any, layer: Any, x: Any) -> Any:
    found = ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, ops.tanh(layer.dense(y)) + x), (0, x))
    doubled = ops.while_loop(
        lambda y: ops.max(ops.abs(y)) < 100.0, lambda y: [y * 2.0], [x], maximum_iterations=4
    )
    return [found[1], doubled[0] * layer.scale]


def _fori_loop(ops: Any, layer: Any, x: Any) -> Any:
    rows = ops.fori_loop(
        0, ops.shape(x)[0], lambda i, y: y + x[i] * ops.cast(i + 1, "float32"), ops.zeros((3, 4))
    )
    return ops.fori_loop(0, 3, lambda i, y: ops.sin(layer.dense(y)) * layer.scale, x + rows)


def _scan(ops: Any, layer: Any, x: Any) -> Any:
    def step(state: Any, row: Any) -> Any:
        state = ops.tanh(state * layer.scale + row)
        return state, state * 2.0

    last, outputs = ops.scan(step, ops.zeros((3, 4)), x)
    first, backwards = ops.scan(step, x[0], x, reverse=True)
    counted, _ = ops.scan(lambda y, _: (y * 0.5 + layer.dense(x), y), x, None, length=4)
    return [outputs + last, backwards * first, counted]


def _associative_scan(ops: Any, layer: Any, x: Any) -> Any:
    def recurrence(a: Any, b: Any) -> Any:
        return [a[0] * b[0], a[1] * b[0] + b[1]]

    gates, sums = ops.associative_scan(recurrence, [ops.sigmoid(x), layer.dense(x)], axis=1)
    return [gates, sums, ops.associative_scan(lambda a, b: a + b, x * layer.scale, reverse=True)]


def _map(ops: Any, layer: Any, x: Any) -> Any:
    found = ops.map(lambda row: {"a": layer.dense(row) + ops.mean(x), "b": ops.sum(row)}, x)
    both = ops.map(lambda each: ops.sum(each["x"]) * each["y"], {"x": x, "y": x * layer.scale})
    return [found["a"], found["b"], both]


def _vectorized_map(ops: Any, layer: Any, x: Any) -> Any:
    return ops.vectorized_map(
        lambda each: layer.dense(each[0]) @ ops.transpose(each[1]), [x, x * layer.scale]
    )


def _nested(ops: Any, layer: Any, x: Any) -> Any:
    """TensorFlow takes no gradient of a variable that a branch in a loop of a loaded file reads; here none does."""
    rows, y = ops.cast(ops.shape(x)[0], "float32"), layer.dense(x)

    def each(row: Any) -> Any:
        return ops.cond(
            ops.sum(row) > 0,
            lambda: ops.fori_loop(0, 2, lambda i, z: ops.sin(z) + x[0] * layer.scale, row),
            lambda: row * rows,
        )

    return ops.map(each, y)


def _numbers(ops: Any, layer: Any, x: Any) -> Any:
    half = ops.cast(x, "float16")
    return [np.float64(2) * x * layer.scale, layer.dense(x) + np.float64(0.1), half * np.float32(1 / 3)]


CODES: Final[Mapping[str, Code]] = {
    "cond": _cond,
    "switch": _switch,
    "while_loop": _while_loop,
    "fori_loop": _fori_loop,
    "scan": _scan,
    "associative_scan": _associative_scan,
    "map": _map,
    "vectorized_map": _vectorized_map,
    "nested": _nested,
    "numbers": _numbers,
}
WITHOUT_GRADIENT_IN_JAX: Final = frozenset({"while_loop"})
"""JAX has no gradient of a loop whose number of iterations is not known when it is traced."""


def _builder(code: Code) -> Callable[[Keras], Any]:
    def build(keras: Keras) -> Any:
        class Net(keras.Model):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.dense = keras.layers.Dense(4)
                self.dense.build((None, 3, 4))
                start = keras.initializers.RandomUniform(0.5, 1.5, seed=3)
                self.scale = self.add_weight(shape=(4,), initializer=start, name="scale")

            def call(self, x: Any) -> Any:
                return code(keras.ops, self, x)

        model = Net()
        model(_X)
        return model

    return build


def _functional(keras: Keras) -> Any:
    """A functional model that holds such operations itself."""
    x, ops = keras.Input((3, 4)), keras.ops
    y = ops.map(lambda row: row * ops.sum(row), keras.layers.Dense(4)(x))
    _, y = ops.scan(lambda total, row: (total + row, total + row), ops.zeros((3, 4)), y)
    return keras.Model(
        x, keras.layers.Dense(2, name="last", use_bias=False)(ops.fori_loop(0, 2, lambda i, z: ops.sin(z), y))
    )


CONTROL: Final[Mapping[str, Custom]] = {
    **{f"control_{name}": Custom(_builder(code), _X, 2e-5) for name, code in CODES.items()},
    "functional_control": Custom(_functional, _X, 2e-5),
}
