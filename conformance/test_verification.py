"""What TensorFlow and Keras write has no findings; what their graphs do beyond computing is found."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.installed import is_keras3, keras2, kerases
from kerasfmt.verification.rules import behaviour, reading, unsafe

tf = pytest.importorskip("tensorflow")

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
KERAS2 = keras2()
KERAS3 = next(filter(is_keras3, kerases()), None)
pytestmark = pytest.mark.filterwarnings(
    "ignore:You are saving your model as an HDF5 file:UserWarning",
    "ignore:__array__ implementation:DeprecationWarning",
)


def codes(path: Path, **arguments: Any) -> set[str]:
    report = kerasfmt.verify(path, **arguments)
    return {found.rule.code for found in report.findings}


def _small(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((4,), name="x")
    y = layers.BatchNormalization()(layers.Dense(8, activation="relu")(x))
    model = keras.Model(x, layers.Dense(3, activation="softmax")(layers.Dropout(0.1)(y)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, np.zeros(3), verbose=0)
    return model


def _recurrent(keras: Any) -> Any:
    layers = keras.layers
    inputs = keras.Input((5,), dtype="int32", name="x")
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(
        layers.Embedding(10, 4, mask_zero=True)(inputs)
    )
    return keras.Model(inputs, layers.Dense(1)(layers.GRU(3)(x)))


def _convolutional(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((8, 8, 3), name="x")
    y = layers.DepthwiseConv2D(3)(layers.Conv2D(4, 3, padding="same")(x))
    return keras.Model(x, layers.Dense(2)(layers.GlobalAveragePooling2D()(y)))


MODELS: tuple[Callable[[Any], Any], ...] = (_small, _recurrent, _convolutional)


@pytest.mark.skipif(KERAS2 is None, reason="no Keras 2")
@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_files_of_keras_2(make: Callable[[Any], Any], tmp_path: Path) -> None:
    model = make(KERAS2)
    model.save(tmp_path / "saved", save_format="tf")
    model.save(tmp_path / "m.h5")
    model.save(tmp_path / "m.keras", save_format="keras")
    model.save_weights(tmp_path / "m.weights.h5")
    model.save_weights(tmp_path / "ckpt")
    for name in ("saved", "m.h5", "m.keras", "m.weights.h5", "ckpt"):
        assert codes(tmp_path / name) == set(), name
    assert codes(tmp_path / "saved", against=tmp_path / "m.h5") == set()


@pytest.mark.skipif(KERAS3 is None, reason="no Keras 3")
@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_files_of_keras_3(make: Callable[[Any], Any], tmp_path: Path) -> None:
    model = make(KERAS3)
    model.export(str(tmp_path / "saved"), verbose=False)
    for name in ("m.keras", "m.h5"):
        model.save(tmp_path / name)
    model.save_weights(tmp_path / "m.weights.h5")
    for name in ("saved", "m.h5", "m.keras", "m.weights.h5"):
        assert codes(tmp_path / name) == set(), name
    if make is not _recurrent:  # runs by its layers too
        assert codes(tmp_path / "saved", against=tmp_path / "m.keras") <= {behaviour.NOT_RUN.code}


class Tables(tf.Module):  # type: ignore[misc]
    """Tables from assets and in the checkpoint, control flow, constants, strings."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        lookup = tf.lookup
        self.v = tf.Variable(np.eye(3, dtype=np.float32))
        self.c = tf.constant([1.0, 2.0, 3.0])
        self.mutable = lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
        initializer = lookup.TextFileInitializer(
            str(path),
            tf.string,
            lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            lookup.TextFileIndex.LINE_NUMBER,
        )
        self.table = lookup.StaticHashTable(initializer, -1)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])  # type: ignore[misc]
    def numbers(self, x: Any) -> Any:
        for _ in tf.range(3):
            x = tf.cond(tf.reduce_sum(x) > 0, lambda x=x: x @ self.v, lambda x=x: x + self.c)
        return {"y": x}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])  # type: ignore[misc]
    def words(self, s: Any) -> Any:
        return {
            "a": self.table.lookup(s),
            "b": self.mutable.lookup(s),
            "c": tf.strings.split(s).to_tensor(""),
        }


def test_a_module_with_tables(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("cat\ndog\n")
    module = Tables(tmp_path / "words.txt")
    signatures = {"serving_default": module.numbers, "words": module.words}
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=signatures)
    assert codes(tmp_path / "saved") == set()
    tf.train.Checkpoint(module=module).save(str(tmp_path / "c" / "ckpt"))
    assert codes(tmp_path / "c") == set()


def test_a_session_of_tensorflow_1(tmp_path: Path) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        v1.disable_control_flow_v2()
        x = v1.placeholder(tf.float32, [None, 3], "x")
        parts = v1.get_variable("p", [4, 2], partitioner=v1.fixed_size_partitioner(2))
        y = x @ v1.get_variable("w", [3, 2], use_resource=False) + tf.reduce_sum(tf.convert_to_tensor(parts))
        z = v1.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * 2), [tf.constant(0), y])[1]
        v1.enable_control_flow_v2()
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(tmp_path / "saved"), {"x": x}, {"z": z})
        v1.train.Saver().save(session, str(tmp_path / "ckpt"))
    assert codes(tmp_path / "saved") == set()
    assert codes(tmp_path / "ckpt") == set()


class Unsafe(tf.Module):  # type: ignore[misc]
    """Functions that do more than compute."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])  # type: ignore[misc]
    def python(self, x: Any) -> Any:
        return tf.numpy_function(lambda a: a, [x], tf.float32)

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])  # type: ignore[misc]
    def reads(self, path: Any) -> Any:
        return tf.io.read_file(path)

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])  # type: ignore[misc]
    def writes(self, path: Any) -> Any:
        tf.io.write_file(path, "x")
        return path

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])  # type: ignore[misc]
    def prints(self, path: Any) -> Any:
        tf.print(path, output_stream=f"file://{os.devnull}")
        return path

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])  # type: ignore[misc]
    def restores(self, path: Any) -> Any:
        return tf.raw_ops.RestoreV2(
            prefix=path, tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.float32]
        )[0]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])  # type: ignore[misc]
    def dataset(self, paths: Any) -> Any:
        return tf.data.TextLineDataset(paths).reduce(tf.constant(0), lambda total, _: total + 1)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("python", unsafe.PYTHON_OP),
        ("reads", unsafe.READING_OP),
        ("writes", unsafe.WRITING_OP),
        ("prints", unsafe.WRITING_OP),
        ("restores", unsafe.CHECKPOINT_OP),
        ("dataset", unsafe.READING_OP),
    ],
)
def test_functions_that_do_more_than_compute(name: str, rule: Any, tmp_path: Path) -> None:
    module = Unsafe()
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=getattr(module, name))
    assert rule.code in codes(tmp_path / "saved")


@pytest.mark.skipif(KERAS2 is None, reason="no Keras 2")
def test_layers_of_the_users_own_are_warned_of(tmp_path: Path) -> None:
    keras = KERAS2

    class Own(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, x: Any) -> Any:
            return tf.math.sin(x)

    model = keras.Sequential([keras.Input((4,)), Own(), keras.layers.Dense(2)])
    model.save(tmp_path / "saved", save_format="tf")
    assert codes(tmp_path / "saved") <= {unsafe.CUSTOM_OBJECT.code, reading.NOT_COMPARED.code}
    assert unsafe.CUSTOM_OBJECT.code in codes(tmp_path / "saved")
