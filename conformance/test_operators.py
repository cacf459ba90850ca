"""Models made with TensorFlow functions: config, NumPy prediction, and TensorFlow's reading of what we write."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
import kerasfmt.layers  # noqa: E402  (the layers register themselves)
from conformance.installed import keras2  # noqa: E402
from conformance.operators import CASES, INPUTS, LOST, OPERATIONS, sample  # noqa: E402
from kerasfmt.errors import KerasfmtError  # noqa: E402
from kerasfmt.graph.run import run  # noqa: E402

keras: Any = keras2()

STORED = [name for name in CASES if name not in LOST]
GROUPS = [STORED[at : at + 30] for at in range(0, len(STORED), 30)]


def names_of(case: str) -> list[str]:
    """The inputs that a case takes."""
    return [name for name in inspect.signature(CASES[case]).parameters if name in INPUTS]


def build(cases: list[str]) -> tuple[Any, list[str]]:
    """The Keras model whose outputs are those of all cases, and the names of its inputs."""
    names = sorted({name for case in cases for name in names_of(case)})
    given = {name: keras.Input(INPUTS[name][0], dtype=INPUTS[name][1], name=name) for name in names}
    module = _Functions()
    outputs = [CASES[case](module, *(given[name] for name in names_of(case))) for case in cases]
    return keras.Model([given[name] for name in names], tf.nest.flatten(outputs), name="model"), names


class _Functions:
    """TensorFlow, with the Keras of the line under test."""

    keras = keras

    def __getattr__(self, name: str) -> Any:
        return getattr(tf, name)


def reread(model: Any) -> kerasfmt.Model:
    """The model as kerasfmt reads it from its config."""
    config = json.loads(model.to_json())
    return kerasfmt.model_from_config(config["config"])


def predictions(model: kerasfmt.Model, arrays: list[Any]) -> list[Any]:
    """The outputs, computed in NumPy."""
    function = model.default_trace(training=False).function
    return run(function, arrays, {w: w.numpy() for w in model.weights})


def check(found: Any, expected: Any) -> None:
    """Equal dtypes, shapes and (but for the rounding of a dozen float32 operations) values."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    wide = [a.astype(np.float64) for a in (found, expected)]
    np.testing.assert_allclose(*wide, rtol=1e-2 if found.dtype == np.float16 else 2e-5, atol=2e-6)


@pytest.mark.parametrize("case", STORED)
def test_a_function_predicts_as_tensorflow(case: str) -> None:
    model, names = build([case])
    ours = reread(model)
    arrays = [sample(name) for name in names]
    expected = tf.nest.flatten(model([tf.constant(a) for a in arrays]))
    for tensor, found, wanted in zip(ours.outputs, predictions(ours, arrays), expected, strict=True):
        check(found, wanted)
        assert tensor.shape is not None
        assert all(known in (None, size) for known, size in zip(tensor.shape, wanted.shape, strict=True))


@pytest.mark.parametrize("case", STORED)
def test_the_config_is_that_of_keras(case: str) -> None:
    config = json.loads(build([case])[0].to_json())["config"]
    ours = json.loads(json.dumps(kerasfmt.model_from_config(config).get_config()))
    for entry in config["layers"]:
        (found,) = [e for e in ours["layers"] if e["name"] == entry["name"]]
        assert found["inbound_nodes"] == entry["inbound_nodes"]
        assert found["class_name"] == entry["class_name"]
        if "function" in entry["config"]:
            assert json.dumps(found["config"]) == json.dumps(entry["config"])
    assert ours["output_layers"] == config["output_layers"]


@pytest.mark.parametrize("case", sorted(LOST))
def test_what_keras_loses_is_refused(case: str) -> None:
    with pytest.raises(KerasfmtError, match=LOST[case]):
        reread(build([case])[0])


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_tensorflow_reads_what_we_write(group: int, tmp_path: Path) -> None:
    model, names = build(GROUPS[group])
    path = str(tmp_path / "model")
    kerasfmt.save_model(reread(model), path)
    arrays = {name: tf.constant(sample(name)) for name in names}
    expected = tf.nest.flatten(model(list(arrays.values())))

    loaded = keras.models.load_model(path)
    assert [type(layer).__name__ for layer in loaded.layers] == [
        type(layer).__name__ for layer in model.layers
    ]
    # As a function: called eagerly, Keras 2.15 hands tf.size the name of a dtype, which it does not take.
    for found, wanted in zip(
        tf.nest.flatten(tf.function(loaded)(list(arrays.values()))), expected, strict=True
    ):
        check(found, wanted)

    serving = tf.saved_model.load(path).signatures["serving_default"](**arrays)
    outputs = [serving[name] for name in reread(model).output_names]
    for found, wanted in zip(outputs, expected, strict=True):
        check(found, wanted)


@pytest.fixture(scope="module")
def keras3() -> Any:
    """Keras 3, where the environment has it."""
    found = pytest.importorskip("keras", minversion="3.0")
    return found


def build_operations(keras3: Any, cases: list[str]) -> tuple[Any, list[str]]:
    """The Keras 3 model whose outputs are those of all cases, and the names of its inputs."""
    takes = {case: list(inspect.signature(OPERATIONS[case]).parameters)[1:] for case in cases}
    names = sorted({name for taken in takes.values() for name in taken})
    given = {name: keras3.Input(INPUTS[name][0], dtype=INPUTS[name][1], name=name) for name in names}
    outputs = [OPERATIONS[case](keras3.ops, *(given[name] for name in takes[case])) for case in cases]
    return keras3.Model([given[name] for name in names], keras3.tree.flatten(outputs), name="model"), names


@pytest.mark.parametrize("case", OPERATIONS)
def test_an_operation_predicts_as_keras_3(keras3: Any, case: str) -> None:
    model, names = build_operations(keras3, [case])
    ours = reread(model)
    arrays = [sample(name) for name in names]
    expected = keras3.tree.flatten(model([tf.constant(a) for a in arrays]))
    for found, wanted in zip(predictions(ours, arrays), expected, strict=True):
        check(found, wanted)


def test_keras_2_reads_operations_as_functions(keras3: Any, tmp_path: Path) -> None:
    model, names = build_operations(keras3, list(OPERATIONS))
    path = str(tmp_path / "model")
    kerasfmt.save_model(reread(model), path)
    arrays = {name: tf.constant(sample(name)) for name in names}
    expected = keras3.tree.flatten(model(list(arrays.values())))
    loaded = keras.models.load_model(path)
    for found, wanted in zip(
        tf.nest.flatten(tf.function(loaded)(list(arrays.values()))), expected, strict=True
    ):
        check(found, wanted)
