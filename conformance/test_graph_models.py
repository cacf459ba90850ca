"""SavedModels of graphs alone: TensorFlow makes them, kerasfmt runs and writes them, TensorFlow reads them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.closeness import assert_close

tf = pytest.importorskip("tensorflow")

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)


class Counter(tf.Module):  # type: ignore[misc]
    """A module with branches, a loop, constants, and a variable that it assigns."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = tf.Variable(np.eye(4, dtype=np.float32) * 2, name="kernel")
        self.steps = tf.Variable(0, trainable=False, name="steps", dtype=tf.int64)
        self.table = tf.constant(np.arange(4, dtype=np.float32) * 100)

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, "x")])  # type: ignore[misc]
    def __call__(self, x: Any) -> dict[str, Any]:
        self.steps.assign_add(1)
        y = tf.matmul(x, self.kernel) + self.table
        y = tf.cond(tf.reduce_sum(x) > 100.0, lambda: y * 2, lambda: y - 1)
        _, z = tf.while_loop(lambda i, _: i < 3, lambda i, z: (i + 1, tf.nn.relu(z) + 1), (0, y))
        return {"y": y, "z": z, "steps": self.steps.read_value()}


def _module(path: Path) -> dict[str, Any]:
    module = Counter()
    tf.saved_model.save(module, str(path), signatures={"serving_default": module.__call__})
    return {
        name: value.numpy()
        for name, value in tf.saved_model.load(str(path))
        .signatures["serving_default"](tf.constant(X))
        .items()
    }


def _several(path: Path) -> dict[str, Any]:
    class Several(tf.Module):  # type: ignore[misc]
        @tf.function(  # type: ignore[misc]
            input_signature=[tf.TensorSpec([None, 4], tf.float32, "x"), tf.TensorSpec([], tf.int32, "n")]
        )
        def top(self, x: Any, n: Any) -> Any:
            return tf.nn.top_k(x, 2).values * tf.cast(n, tf.float32)

    module = Several()
    tf.saved_model.save(module, str(path), signatures={"top": module.top})
    found = tf.saved_model.load(str(path)).signatures["top"](x=tf.constant(X), n=tf.constant(3))
    return {name: value.numpy() for name, value in found.items()}


def _subclass(path: Path) -> dict[str, Any]:
    keras = tf.keras

    class Own(keras.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(name="scale", shape=(4,), initializer="ones")

        def call(self, x: Any) -> Any:
            return tf.math.sin(x) * self.scale

    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.own, self.dense = Own(), keras.layers.Dense(3)

        def call(self, x: Any, training: Any = False) -> Any:
            return self.dense(self.own(x))

    model = Net()
    model(X)
    model.save(path, save_format="tf")
    return {"output_1": model(X).numpy()}


def _version1(path: Path, resource: bool) -> dict[str, Any]:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 4], "x")
        kernel = v1.get_variable(
            "layer/kernel", initializer=np.ones((4, 2), np.float32), use_resource=resource
        )
        y = tf.nn.softmax(tf.matmul(x, kernel) + tf.constant([1.0, 2.0]))
        session.run(v1.global_variables_initializer())
        session.run(kernel.assign_add(np.arange(8, dtype=np.float32).reshape(4, 2)))
        v1.saved_model.simple_save(session, str(path), {"x": x}, {"y": y})
        return {"y": session.run(y, {x: X})}


def _export(path: Path) -> dict[str, Any]:
    import keras

    x = keras.Input((4,), name="x")
    y = keras.layers.LayerNormalization()(keras.layers.Dense(6, activation="gelu")(x))
    model = keras.Model(
        x, keras.layers.Dense(2, activation="softmax", name="out")(keras.layers.Dropout(0.5)(y))
    )
    model.export(str(path), format="tf_saved_model", verbose=False)
    return {"output_0": np.asarray(model(X))}


CASES: dict[str, tuple[Callable[[Path], dict[str, Any]], str, dict[str, Any]]] = {
    "module": (_module, "serving_default", {"x": X}),
    "several inputs": (_several, "top", {"x": X, "n": 3}),
    "subclass of Model": (_subclass, "serving_default", {"input_1": X}),
    "TensorFlow 1, resources": (lambda path: _version1(path, True), "serving_default", {"x": X}),
    "TensorFlow 1, references": (lambda path: _version1(path, False), "serving_default", {"x": X}),
}
if version("keras").startswith("3."):
    CASES["export of Keras 3"] = (_export, "serving_default", {"x": X})


@pytest.mark.parametrize("name", CASES)
def test_signatures_compute_what_tensorflow_computes(name: str, tmp_path: Path) -> None:
    build, key, inputs = CASES[name]
    expected = build(tmp_path / "m")
    found = kerasfmt.load_graph_model(tmp_path / "m")
    assert found.missing_ops() == []
    _compare(found.signatures[key](**inputs), expected)
    again = tmp_path / "again"
    kerasfmt.save_model(kerasfmt.load_graph_model(tmp_path / "m"), again)
    _compare(kerasfmt.load_graph_model(again).signatures[key](**inputs), expected)
    loaded = tf.saved_model.load(str(again))
    tensors = {name: tf.constant(value) for name, value in inputs.items()}
    _compare({name: value.numpy() for name, value in loaded.signatures[key](**tensors).items()}, expected)


def test_what_a_signature_assigns_is_saved(tmp_path: Path) -> None:
    _module(tmp_path / "m")
    found = kerasfmt.load_graph_model(tmp_path / "m")
    for _ in range(2):
        found.signatures["serving_default"](x=X)
    kerasfmt.save_model(found, tmp_path / "again")
    loaded = tf.saved_model.load(str(tmp_path / "again"))
    assert int(loaded.signatures["serving_default"](tf.constant(X))["steps"]) == 3


def _compare(got: dict[str, Any], expected: dict[str, Any]) -> None:
    assert sorted(got) == sorted(expected)
    for name, value in expected.items():
        assert_close(name, got[name], value, 1e-5)
