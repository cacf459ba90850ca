"""Models made with calls of functions: config, NumPy prediction, and TensorFlow's reading of what we write.

The functions are TensorFlow's, which Keras 2 stores as layers, and the operations of Keras 3.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
from conformance.calls import LOST, TENSORFLOW, Functions  # noqa: E402
from conformance.calls.call import Call, case_of  # noqa: E402
from conformance.calls.keras3_calls import CALLS  # noqa: E402
from conformance.case import Case  # noqa: E402
from conformance.closeness import assert_close  # noqa: E402
from conformance.in_numpy import from_json, outputs_of  # noqa: E402
from conformance.installed import keras2  # noqa: E402
from kerasfmt.errors import KerasfmtError  # noqa: E402

keras: Any = keras2()


def _functions(name: str, calls: dict[str, Call]) -> Case:
    return case_of(name, "TFOpLambda", calls, Functions)


def _operations(name: str, calls: dict[str, Call]) -> Case:
    return case_of(name, "Operation", calls, lambda keras3: keras3.ops)


STORED = {name: call for name, call in TENSORFLOW.items() if name not in LOST}
CASES = [_functions(name, {name: call}) for name, call in STORED.items()]
NAMES = list(STORED)
GROUPS = [
    _functions(f"group_{at // 30}", {name: STORED[name] for name in NAMES[at : at + 30]})
    for at in range(0, len(NAMES), 30)
]


def check(found: list[Any], expected: list[Any]) -> None:
    """Equal dtypes, shapes and, but for the rounding of a dozen float32 operations, values."""
    for number, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        half = np.asarray(theirs).dtype == np.float16
        assert_close(f"output {number}", ours, theirs, 5e-3 if half else 2e-6)


def check_prediction(case: Case, keras: Any) -> tuple[kerasfmt.Model, list[Any]]:
    """kerasfmt computes what Keras computes; returns its model and the outputs of Keras."""
    model = case.build(keras)
    ours = from_json(model)
    arrays = case.sample(model)
    expected = tf.nest.flatten(model([tf.constant(a) for a in arrays]))
    check(outputs_of(ours, arrays, training=False), expected)
    return ours, expected


def check_saved(case: Case, keras: Any, tmp_path: Path) -> Any:
    """Keras 2 loads what kerasfmt writes of the model, and it computes the same; returns the two models."""
    model = case.build(keras)
    kerasfmt.save_model(from_json(model), tmp_path / "model")
    given = [tf.constant(a) for a in case.sample(model)]
    expected = tf.nest.flatten(model(given))
    loaded = keras2().models.load_model(tmp_path / "model")  # type: ignore[union-attr]
    # As a function: called eagerly, Keras 2.15 hands tf.size the name of a dtype, which it does not take.
    check(tf.nest.flatten(tf.function(loaded)(given)), expected)

    serving = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_default"]
    ours = from_json(model)
    names = [tensor.origin.layer.name for tensor in ours.inputs]
    served = serving(**dict(zip(names, given, strict=True)))
    check([served[name] for name in ours.output_names], expected)
    return model, loaded


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_function_predicts_as_tensorflow(case: Case) -> None:
    ours, expected = check_prediction(case, keras)
    for tensor, wanted in zip(ours.outputs, expected, strict=True):
        assert tensor.shape is not None
        assert all(known in (None, size) for known, size in zip(tensor.shape, wanted.shape, strict=True))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_config_is_that_of_keras(case: Case) -> None:
    config = json.loads(case.build(keras).to_json())["config"]
    ours = json.loads(json.dumps(kerasfmt.model_from_config(config).get_config()))
    for entry in config["layers"]:
        (found,) = [e for e in ours["layers"] if e["name"] == entry["name"]]
        assert found["inbound_nodes"] == entry["inbound_nodes"]
        assert found["class_name"] == entry["class_name"]
        if "function" in entry["config"]:
            assert json.dumps(found["config"]) == json.dumps(entry["config"])
    assert ours["output_layers"] == config["output_layers"]


@pytest.mark.parametrize("name", sorted(LOST))
def test_what_keras_loses_is_refused(name: str) -> None:
    with pytest.raises(KerasfmtError, match=LOST[name]):
        from_json(_functions(name, {name: TENSORFLOW[name]}).build(keras))


@pytest.mark.parametrize("case", GROUPS, ids=str)
def test_tensorflow_reads_what_we_write(case: Case, tmp_path: Path) -> None:
    model, loaded = check_saved(case, keras, tmp_path)
    assert [type(layer).__name__ for layer in loaded.layers] == [
        type(layer).__name__ for layer in model.layers
    ]


@pytest.fixture(scope="module")
def keras3() -> Any:
    """Keras 3, where the environment has it."""
    return pytest.importorskip("keras", minversion="3.0")


@pytest.mark.parametrize("name", CALLS)
def test_an_operation_predicts_as_keras_3(keras3: Any, name: str) -> None:
    check_prediction(_operations(name, {name: CALLS[name]}), keras3)


def test_keras_2_reads_operations_as_functions(keras3: Any, tmp_path: Path) -> None:
    check_saved(_operations("all", CALLS), keras3, tmp_path)
