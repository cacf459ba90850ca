"""Steps that become graph nodes: arrays and random numbers of unknown sizes, losses, variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import from_keras
from kerasfmt.errors import UnsupportedLayerError
from tests.sources.live import keras3_stand_in as keras

pytestmark = pytest.mark.usefixtures("keras3")
X = np.arange(12, dtype=np.float32).reshape(3, 4)


def model(code: Any, shape: Any = (1, 4)) -> Any:
    live = type("Net", (keras.Model,), {"call": code, "__module__": __name__})("net")
    live.scale = live.add_weight("scale", np.full(4, 2, np.float32))
    live._build_shapes_dict = {"input_shape": shape}
    return live


CODES: list[tuple[Any, Any]] = [
    (lambda self, x: self.scale * x, 2 * X),
    (lambda self, x: x + np.arange(4, dtype=np.float32), X + np.arange(4)),
    (lambda self, x: keras.Reshape(newshape=(x.shape[0] * 2, 2))(x), X.reshape(6, 2)),
    (lambda self, x: keras.Reshape(newshape=(x.shape[0], -1))(x), X),
    (lambda self, x: x * keras.tile(np.float32([[1, 2, 3, 4]]), [x.shape[0], 1]), X * [1, 2, 3, 4]),
    (lambda self, x: [x, x + 1], [X, X + 1]),
    (lambda self, x: x * np.array(x.shape[0], np.float32), 3 * X),
    (lambda self, x: x * np.float64(0.5), X / 2),
]


@pytest.mark.parametrize(("code", "found"), CODES)
def test_codes(code: Any, found: Any) -> None:
    got = from_keras(model(code)).predict(X, batch_size=3)
    for one, other in zip(
        got if isinstance(got, list) else [got], found if isinstance(found, list) else [found], strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def arrays() -> Any:
    return keras.sys.modules["keras.src.ops.numpy"].backend.numpy  # type: ignore[attr-defined]


MADE: list[tuple[Any, Any]] = [
    (lambda n: arrays().arange(n), np.arange(3)),
    (lambda n: arrays().arange(1, n + 1), np.arange(1, 4)),
    (lambda n: arrays().zeros((n,)), np.zeros(3)),
    (lambda n: arrays().full((n,), 4.0), np.full(3, 4)),
    (lambda n: arrays().eye(n), np.eye(3)),
    (lambda n: arrays().tri(n), np.tri(3)),
]


@pytest.mark.parametrize(("make", "found"), MADE)
def test_arrays_of_unknown_sizes(make: Any, found: Any) -> None:
    def code(self: Any, x: Any) -> Any:
        return [x, make(x.shape[0])]

    np.testing.assert_allclose(from_keras(model(code)).predict(X, batch_size=3)[1], found)


def test_random_numbers_are_drawn_anew() -> None:
    net = from_keras(model(lambda self, x: x + keras.normal(x.shape)))
    assert not np.array_equal(net.predict(X), net.predict(X))


def test_a_variable_that_no_layer_holds() -> None:
    lost = keras.Variable("lost", np.ones(4, np.float32))
    with pytest.raises(UnsupportedLayerError, match="variable lost: no layer of the model holds it"):
        from_keras(model(lambda self, x: x * lost))


def test_a_layer_that_no_attribute_holds() -> None:
    lost = keras.Dense("lost", np.ones((4, 4), np.float32))
    with pytest.raises(UnsupportedLayerError, match="layer lost: no attribute"):
        from_keras(model(lambda self, x: lost(x)))


def test_an_output_that_is_no_tensor() -> None:
    with pytest.raises(UnsupportedLayerError, match="expected a tensor, got None"):
        from_keras(model(lambda self, x: [x, None]))
