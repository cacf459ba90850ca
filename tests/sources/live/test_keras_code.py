"""The code of Keras 3 layers as functions: from the live model to NumPy and to files that load without its class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import from_keras
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir.live_layer import LiveLayer, LiveModel
from tests.sources.live import keras3_stand_in as keras

pytestmark = pytest.mark.usefixtures("keras3")
X = np.arange(6, dtype=np.float32).reshape(3, 2) / 4
KERNEL = np.array([[1, 2], [3, -1]], np.float32)


class Scale(keras.Layer):
    def __init__(self, name: str, factor: float = 2.0) -> None:
        super().__init__(name)
        self.factor = factor
        self.scale = self.add_weight("scale", np.array([0.5, 3], np.float32))
        self.mean = self.add_weight("mean", np.zeros(2, np.float32), trainable=False)

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            self.mean.assign(keras.Mean(axis=0)(x))
        self.add_loss(keras.Mean()(x))  # type: ignore[attr-defined]
        return self.scale * x * self.factor - self.mean

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


class Net(keras.Model):
    def __init__(self, shape: Any = (7, 2)) -> None:
        super().__init__("net")
        self.dense = keras.Dense("dense", KERNEL)
        self.blocks = [Scale("first"), Scale("second", 3.0)]
        self._build_shapes_dict = {"input_shape": shape}

    def call(self, x: Any, training: bool = False) -> Any:
        x = self.dense(x)
        for block in self.blocks:
            x = block(x, training=training)
        return keras.Reshape(newshape=(x.shape[0], 2, 1))(keras.Sin()(x))


def expected(x: Any) -> Any:
    scale = np.array([0.5, 3], np.float32)
    return np.sin(x @ KERNEL * scale * 2 * scale * 3)[..., None]


def test_a_subclassed_model() -> None:
    live = Net()
    found = from_keras(live)
    assert isinstance(found, LiveModel)
    np.testing.assert_allclose(found.predict(X), expected(X), rtol=1e-5)
    assert [layer.name for layer in found.layers] == ["dense", "first", "second"]
    assert [w.name for w in found.trainable_weights] == ["dense/kernel", "first/scale", "second/scale"]
    assert [w.name for w in found.non_trainable_weights] == ["first/mean", "second/mean"]
    assert found.input_specs.shape == (None, 2)
    assert found.default_trace(training=True).losses == 2
    assert {w.name for w in found.default_trace(training=True).function.written} == {
        "first/mean",
        "second/mean",
    }
    assert not found.default_trace(training=False).function.written


def test_it_is_saved_and_loads_without_its_class(tmp_path: Path) -> None:
    kerasfmt.save_model(Net(), tmp_path / "m")
    found = kerasfmt.load_model(tmp_path / "m")
    assert not isinstance(found, LiveModel)
    np.testing.assert_allclose(found.predict(X), expected(X), rtol=1e-5)
    first = found.get_layer("first")
    assert (first.class_name, first.get_config()["factor"]) == ("Scale", 2.0)  # type: ignore[attr-defined]
    assert [w.name for w in found.trainable_weights] == ["dense/kernel", "first/scale", "second/scale"]
    graph = kerasfmt.load_graph_model(tmp_path / "m")
    (only,) = graph.signatures["serving_default"](input_1=X).values()
    np.testing.assert_allclose(only, expected(X), rtol=1e-5)
    again = kerasfmt.save_model(found, tmp_path / "again")
    assert again is None
    np.testing.assert_allclose(kerasfmt.load_model(tmp_path / "again").predict(X), expected(X), rtol=1e-5)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        kerasfmt.clear_session()
        kerasfmt.save_model(Net(), tmp_path / name)
    for part in ("saved_model.pb", "keras_metadata.pb", "variables/variables.index"):
        assert (tmp_path / "a" / part).read_bytes() == (tmp_path / "b" / part).read_bytes()


def test_weights_follow_the_live_model() -> None:
    live = Net()
    found = from_keras(live)
    live.dense._kernel.assign(2 * KERNEL)
    np.testing.assert_array_equal(found.weights[0].numpy(), 2 * KERNEL)


def test_refusals() -> None:
    live = Net()
    live._build_shapes_dict = None
    with pytest.raises(InvalidModelError, match="its input shape is not known yet; call it on data"):
        from_keras(live)
    live._build_shapes_dict = {"x_shape": (1, 2), "y_shape": (1, 2)}
    with pytest.raises(UnsupportedLayerError, match="takes the tensors x, y as arguments of their own"):
        from_keras(live)

    class Asking(Net):
        def call(self, x: Any, training: bool = False) -> Any:
            return x if x else keras.Sin()(x)

    said = r"layer net \(.*Asking\): .*test_keras_code.py:\d+ \(return x if x .*boolean.*keras.ops.*from_jax"
    with pytest.raises(UnsupportedLayerError, match=said):
        from_keras(Asking())

    class Odd(Net):
        def call(self, x: Any, training: bool = False) -> Any:
            return keras.Strange()(x)

    with pytest.raises(
        UnsupportedLayerError, match=r"Strange\(\)\(x\).*operation Strange of Keras 3 is not supported"
    ):
        from_keras(Odd())

    class Drawing(Net):
        def call(self, x: Any, training: bool = False) -> Any:
            return x + keras.sys.modules["keras.src.random.random"].backend.random.gamma((2,), 1.0)  # type: ignore[attr-defined]

    with pytest.raises(UnsupportedLayerError, match=r"keras\.random\.gamma is not supported"):
        from_keras(Drawing())


def test_a_layer_that_does_not_take_the_mode_tells_the_layers_in_it() -> None:
    class Silent(Net):
        def call(self, x: Any) -> Any:
            return self.blocks[1](self.blocks[0](self.dense(x)))

    found = from_keras(Silent())
    assert found.takes_training
    assert "training" not in found.tracer.signature.further  # type: ignore[attr-defined]
    written = found.default_trace(training=True).function.written
    assert {w.name for w in written} == {"first/mean", "second/mean"}
    assert not found.default_trace(training=False).function.written


def test_structures_of_inputs() -> None:
    class Pair(Net):
        def call(self, inputs: Any) -> Any:
            return {"y": inputs["b"] + inputs["a"], "z": [self.dense(inputs["a"])]}

    live = Pair({"a": (1, 2), "b": (1, 2)})
    found = from_keras(live).predict({"a": X, "b": 2 * X})
    np.testing.assert_allclose(found["y"], 3 * X)
    np.testing.assert_allclose(found["z"][0], X @ KERNEL)


def test_a_live_layer_is_traced_once_for_each_signature() -> None:
    found = from_keras(Net())
    (first,) = [layer for layer in found.layers if layer.name == "first"]
    assert isinstance(first, LiveLayer)
    before = list(first.traces)
    found.predict(X)
    assert list(first.traces) == before


class Mixed(keras.Layer):
    def call(self, a: Any, b: Any, factor: float = 2.0) -> Any:
        return a + b * factor


class Mixing(keras.Model):
    def __init__(self) -> None:
        super().__init__("mixing")
        self.inner = Mixed("inner")
        self._build_shapes_dict = {"input_shape": (None, 2)}

    def call(self, x: Any) -> Any:
        return self.inner(x, keras.Sin()(x)) + self.inner(b=x, a=x, factor=3.0)


def test_tensors_that_are_arguments_of_their_own() -> None:
    np.testing.assert_allclose(from_keras(Mixing()).predict(X), X + 2 * np.sin(X) + 4 * X, rtol=1e-6)
