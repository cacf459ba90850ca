from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt.dialects.functions import functions_to_keras2, functions_to_keras3
from kerasfmt.layers import Lambda

CODE = {"code": "4wEA\n", "defaults": None, "closure": None}
NAMED = {"module": "builtins", "class_name": "function", "config": "double", "registered_name": "function"}
CODED = {"class_name": "__lambda__", "config": CODE}

CASES: list[tuple[Any, Any, str]] = [(NAMED, "double", "function"), (CODED, ("4wEA\n", None, None), "lambda")]


@pytest.mark.parametrize(("keras3", "keras2", "kind"), CASES)
def test_both_ways(keras3: Any, keras2: Any, kind: str) -> None:
    config = {"name": "l", "function": keras3, "arguments": {}}
    found = functions_to_keras2(config, Lambda.facts)
    assert found == {
        "name": "l",
        "function": keras2,
        "function_type": kind,
        "module": None,
        "output_shape": None,
        "output_shape_type": "raw",
        "output_shape_module": None,
        "arguments": {},
    }
    assert functions_to_keras2(found, Lambda.facts) == found
    assert functions_to_keras3(found, Lambda.facts) == config


def test_a_mask_and_an_output_shape() -> None:
    config = {"function": NAMED, "output_shape": [3], "mask": CODED}
    found = functions_to_keras2(config, Lambda.facts)
    assert (found["mask_type"], found["output_shape_type"]) == ("lambda", "raw")
    assert functions_to_keras3(found, Lambda.facts) == config


def test_the_config_of_a_model() -> None:
    config = {
        "name": "m",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [None, 2], "name": "x"}},
            {
                "module": "keras.layers",
                "class_name": "Lambda",
                "config": {"name": "l", "function": CODED, "arguments": {"by": 2.0}},
            },
        ],
    }
    model = kerasfmt.model_from_config(config, {"l": lambda x, by: x * by})
    kept = model.get_config()["layers"][-1]["config"]
    assert list(kept)[-7:] == [
        "function",
        "function_type",
        "module",
        "output_shape",
        "output_shape_type",
        "output_shape_module",
        "arguments",
    ]
    assert kept["function"] == ("4wEA\n", None, None)
