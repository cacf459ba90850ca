from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsafeFileError
from kerasfmt.graph import Value, ops
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.layers import Lambda
from tests.layers.one_layer import apply, f32, model_of

CODE = ["4wEAAAAAAAAAAAAAAAEAAAADAAAA8wYAAACXAHwAUwA=\n", None, None]


def stored(function: Any = CODE, kind: str = "lambda") -> dict[str, Any]:
    """The config of a model that holds a Lambda, as Keras stores it."""
    config = {
        "name": "double",
        "trainable": True,
        "dtype": "float32",
        "function": {"class_name": "__tuple__", "items": function} if kind == "lambda" else function,
        "function_type": kind,
        "module": "__main__",
        "output_shape": None,
        "output_shape_type": "raw",
        "output_shape_module": None,
        "arguments": {"times": 3.0},
    }
    return {
        "name": "m",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 2], "name": "x"},
                "inbound_nodes": [],
            },
            {"class_name": "Lambda", "config": config, "inbound_nodes": [[["x", 0, 0, {}]]]},
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["double", 0, 0]],
    }


def test_stored_code_is_refused() -> None:
    with pytest.raises(UnsafeFileError, match=r"layer double \(Lambda\): .* custom_objects=\{'double': func"):
        kerasfmt.model_from_config(stored())


@pytest.mark.parametrize("key", ["double", "Lambda", "triple"])
def test_with_a_traced_function(key: str, tmp_path: Path) -> None:
    config = stored("triple", "function") if key == "triple" else stored()
    model = kerasfmt.model_from_config(config, {key: lambda x, times: x * times})
    np.testing.assert_array_equal(model.predict(f32([1, 2])), f32([3, 6]))
    kept = model.get_config()["layers"][1]["config"]
    assert kept["function_type"] == config["layers"][1]["config"]["function_type"]
    assert kept["arguments"] == {"times": 3.0}
    kerasfmt.save_model(model, tmp_path / "model")


def test_training_and_mask_are_passed() -> None:
    def function(x: Value, training: bool, mask: Any) -> Value:
        assert mask is not None
        return x + 1.0 if training else x

    layer = Lambda(function, mask=lambda inputs, mask: mask)
    x = np.ones((1, 2, 2), np.float32)
    np.testing.assert_array_equal(apply(layer, x, masked=True), x)
    np.testing.assert_array_equal(apply(layer, x, masked=True, training=True), x + 1)


def test_several_inputs_and_outputs() -> None:
    def function(inputs: Any) -> list[Value]:
        left, right = inputs
        return [left + right, ops.concat([left, right], 1)]

    total, joined = apply(Lambda(function), f32([1, 2]), f32([3, 4]))
    np.testing.assert_array_equal(total, f32([4, 6]))
    np.testing.assert_array_equal(joined, f32([1, 2, 3, 4]))


def test_not_a_function() -> None:
    with pytest.raises(InvalidModelError, match="option function: expected a function, got 3"):
        Lambda(3)


def test_errors_inside_name_the_layer() -> None:
    with pytest.raises(InvalidModelError, match=r"layer wrong .*on inputs of shape"):
        model_of(Lambda(lambda x: ops.concat([x, x], 9), name="wrong"), f32([1, 2]))


def test_stored_code_stays_a_tuple() -> None:
    model = kerasfmt.model_from_config(stored(CODE), {"double": lambda x, times: x * times})
    assert model.get_config()["layers"][1]["config"]["function"] == tuple(CODE)


def test_in_a_saved_model_its_functions_compute(tmp_path: Path) -> None:
    x = kerasfmt.Input((2,))
    model = kerasfmt.Model(x, Lambda(lambda t, training: t * (3.0 if training else 2.0), name="double")(x))
    kerasfmt.save_model(model, tmp_path / "m")
    found = kerasfmt.load_model(tmp_path / "m")
    np.testing.assert_array_equal(found.predict(np.array([[1, 2]], np.float32)), [[2, 4]])
    assert isinstance(found.get_layer("double"), RevivedLayer)
    given = kerasfmt.load_model(tmp_path / "m", custom_objects={"double": lambda t: t * 5.0})
    np.testing.assert_array_equal(given.predict(np.array([[1, 2]], np.float32)), [[5, 10]])
