"""Branches and loops of code, computed in NumPy: the functions use what stands around them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import from_keras
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir.structure import flatten
from tests.sources.live import keras3_stand_in as keras

pytestmark = pytest.mark.usefixtures("keras3")
X = np.arange(12, dtype=np.float32).reshape(3, 4)
SCALE = np.full(4, 2, np.float32)


class Inner(keras.Layer):
    def call(self, x: Any) -> Any:
        return keras.Sin()(x)


def model(code: Any, shape: Any = (1, 4)) -> Any:
    live: Any = type("Net", (keras.Model,), {"call": code, "__module__": __name__})("net")
    live.scale = live.add_weight("scale", SCALE)
    live.count = live.add_weight("count", np.zeros((), np.float32), trainable=False)
    live.inner = Inner("inner")
    if code is cond:  # a layer with weights that no code calls is refused
        live.dense = keras.Dense("dense", 3 * np.eye(4, dtype=np.float32))
    live._build_shapes_dict = {"input_shape": shape}
    return live


def mean(x: Any) -> Any:
    return keras.Mean()(x)


def control(name: str, *args: Any, **kwargs: Any) -> Any:
    return keras.control(name, *args, **kwargs)


def cond(self: Any, x: Any) -> Any:
    small = control("cond", mean(x) < 100, lambda: self.dense(x) * self.scale, lambda: x)
    large = control("cond", mean(x) < 1, lambda: x, lambda: self.inner(x + small))
    return [
        small,
        large,
        control("cond", mean(x), lambda: x + 1, lambda: x),
        control("cond", False, None, lambda: x),
    ]


def switch(self: Any, x: Any) -> Any:
    branches = [lambda a: a, lambda a: a + x, lambda a: a * self.scale]
    zero, _ = control("while_loop", lambda i, y: i < 0, lambda i, y: (i, y), (0, x))
    return [control("switch", zero + at, branches, x) for at in (-4, 0, 1, 2, 8)]


def loops(self: Any, x: Any) -> Any:
    def count(i: Any, y: Any) -> Any:
        return i + 1, y + x * self.scale

    i, y = control("while_loop", lambda i, y: i < 3, count, (0, x))
    bounded = control("while_loop", lambda y: mean(y) < 1e9, lambda y: y + x, x, maximum_iterations=2)
    times = control("fori_loop", 0, x.shape[0], lambda i, y: y + x, x)
    return [i, y, bounded, times]


def scans(self: Any, x: Any) -> Any:
    def step(total: Any, row: Any) -> Any:
        return total + row, total * self.scale

    last, before = keras.Scan(reverse=False)(step, np.zeros(4, np.float32), x)
    first, after = keras.Scan(reverse=True)(step, np.zeros(4, np.float32), x)
    counted, none = control("scan", lambda y, _: (y + x, None), x, None, length=2)
    assert none is None
    return [last, before, first, after, counted]


def maps(self: Any, x: Any) -> Any:
    found = control("map", lambda each: {"a": each[0] + each[1], "b": mean(each[0]) + mean(x)}, [x, x * x])
    return [found["a"], found["b"], control("vectorized_map", lambda row: self.inner(row) * self.scale, x)]


def associative_scans(self: Any, x: Any) -> Any:
    def total(a: Any, b: Any) -> Any:
        return a + b

    rows, columns = (control("associative_scan", total, x, axis=axis) for axis in (0, 1))
    return [rows, columns, control("associative_scan", total, x, reverse=True, axis=1)]


def nested(self: Any, x: Any) -> Any:
    def each(row: Any) -> Any:
        return control(
            "cond",
            mean(row) < 2,
            lambda: control("fori_loop", 0, x.shape[0], lambda i, y: y + row + self.scale, row),
            lambda: row * self.scale,
        )

    return control("map", each, x)


CUMULATED = np.cumsum(X, axis=0)
BEFORE = CUMULATED - X
AFTER = np.cumsum(X[::-1], axis=0)[::-1] - X
CODES: list[tuple[Any, list[Any]]] = [
    (cond, [6 * X, np.sin(7 * X), X + 1, X]),
    (switch, [X, X, 2 * X, 2 * X, 2 * X]),
    (loops, [np.int32(3), 7 * X, 3 * X, 4 * X]),
    (scans, [CUMULATED[-1], 2 * BEFORE, CUMULATED[-1], 2 * AFTER, 3 * X]),
    (maps, [X + X * X, X.mean(1) + X.mean(), 2 * np.sin(X)]),
    (associative_scans, [CUMULATED, np.cumsum(X, 1), np.cumsum(X[:, ::-1], 1)[:, ::-1]]),
    (nested, [np.concatenate([4 * X[:1] + 6, 2 * X[1:]])]),
]


@pytest.mark.parametrize(("code", "expected"), CODES)
def test_codes(code: Any, expected: list[Any]) -> None:
    function = from_keras(model(code)).default_trace(training=False).function
    found = flatten(from_keras(model(code)).predict(X, batch_size=3))
    assert len(function.outputs) == len(found) == len(expected)
    for value, got, wanted in zip(function.outputs, found, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5)
        assert value.shape is not None
        assert all(a in (None, b) for a, b in zip(value.shape, np.shape(got), strict=True))


def test_a_scan_of_no_rows() -> None:
    found = flatten(from_keras(model(associative_scans)).predict(X[:0], batch_size=3))
    assert [y.shape for y in found] == [(0, 4)] * 3


def ops_of(function: Any) -> set[str]:
    inner = [name for site in function.call_sites for name in ops_of(site.callee)]
    return {*(node.op for node in function.nodes), *inner}


def test_no_loop_is_unrolled() -> None:
    made = [from_keras(model(code)).default_trace(training=False).function for code, _ in CODES]
    kept = ({name.removeprefix("Stateless") for name in ops_of(f)} & {"If", "While"} for f in made)
    assert list(kept) == [{"If"}, {"If", "While"}, *[{"While"}] * 4, {"If", "While"}]


def test_assignments(monkeypatch: pytest.MonkeyPatch) -> None:
    def code(self: Any, x: Any) -> Any:
        control(
            "cond", mean(x) < 2, lambda: self.count.assign(mean(x)), lambda: self.count.assign(self.count + 1)
        )
        return x + self.count

    monkeypatch.setattr(keras, "BACKEND", ["jax"])
    with pytest.raises(
        UnsupportedLayerError,
        match="cannot assign to variable net/count in a function that",
    ):
        from_keras(model(code))
    monkeypatch.setattr(keras, "BACKEND", ["tensorflow"])
    net = from_keras(model(code))
    np.testing.assert_allclose(net.predict(X, batch_size=3), X + 1)
    np.testing.assert_allclose(net.predict(X[:1], batch_size=3), X[:1] + 1.5)


def test_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def code(self: Any, x: Any) -> Any:
        return control("map", lambda row: row * 0 + keras.normal((4,)), x)

    monkeypatch.setattr(keras, "BACKEND", ["jax"])
    with pytest.raises(
        UnsupportedLayerError, match=r"cannot draw random numbers without a seed that is a number in a"
    ):
        from_keras(model(code))
    monkeypatch.setattr(keras, "BACKEND", ["tensorflow"])
    first, second, third = from_keras(model(code)).predict(X, batch_size=3)
    assert not np.array_equal(first, second)
    assert not np.array_equal(second, third)


def test_losses() -> None:
    def adding(self: Any, x: Any) -> Any:
        return control("cond", mean(x) < 2, lambda: self.add_loss(mean(x)), lambda: None)

    with pytest.raises(
        UnsupportedLayerError, match=r"it adds a loss in a function that keras\.ops\.cond runs"
    ):
        from_keras(model(adding))

    class Losing(keras.Layer):
        def call(self, x: Any) -> Any:
            self.add_loss(mean(x))  # type: ignore[attr-defined]
            return x

    def calling(self: Any, x: Any) -> Any:
        return control("map", lambda row: self.losing(row), x)

    live = model(calling)
    live.losing = Losing("losing")
    with pytest.raises(
        UnsupportedLayerError, match=r"a layer adds a loss in a function that keras\.ops runs"
    ):
        from_keras(live)


def test_a_loop_without_variables() -> None:
    def code(self: Any, x: Any) -> Any:
        control("while_loop", lambda: mean(x) < 2, lambda: (), ())
        return x

    with pytest.raises(UnsupportedLayerError, match="while_loop without loop variables is not supported"):
        from_keras(model(code))
