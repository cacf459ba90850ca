"""Calls in the words of Keras 2: references, constants, structures and keyword arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import kerasfmt
from kerasfmt.dialects.keras2 import CALLS, read_call
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir.tensor import Constant
from kerasfmt.ir.topology import CONSTANT


def tensor(ref: Any) -> str:
    """Stands in for the tensor of a reference."""
    return f"{ref[0]}:{ref[1]}:{ref[2]}"


CASES: list[tuple[Any, bool, Any, dict[str, Any]]] = [
    (["x", 0, 1], False, "x:0:1", {}),
    ([["x", 0, 0, {}]], False, "x:0:0", {}),
    ([["x", 0, 0, {}]], True, ["x:0:0"], {}),
    ([["x", 0, 0, {}], ["y", 2, 0, {}]], False, ["x:0:0", "y:2:0"], {}),
    ({"a": ["x", 0, 0], "b": [["y", 0, 0]]}, False, {"a": "x:0:0", "b": "y:0:0"}, {}),
    (["x", 0, 0, {"axis": 2, "none": None}], False, "x:0:0", {"axis": 2}),
    (["x", 0, 0, {"axis": 2, "none": None}], True, "x:0:0", {"axis": 2, "none": None}),
    (["x", 0, 0, {"mask": ["m", 1, 0]}], False, "x:0:0", {"mask": "m:1:0"}),
    ({"class_name": "__tuple__", "items": [["x", 0, 0, {}], ["y", 2, 0, {}]]}, False, ["x:0:0", "y:2:0"], {}),
    ({"class_name": "__tuple__", "items": [["x", 0, 0, {"axis": 1}]]}, True, ["x:0:0"], {"axis": 1}),
    (
        [
            "x",
            0,
            0,
            {"slice_spec": {"class_name": "__tuple__", "items": [{"start": None, "stop": 2, "step": None}]}},
        ],
        False,
        "x:0:0",
        {"slice_spec": [{"start": None, "stop": 2, "step": None}]},
    ),
    (
        ["x", 0, 0, {"shape": {"class_name": "TensorShape", "items": None}, "more": [{"class_name": "m"}]}],
        True,
        "x:0:0",
        {"shape": None, "more": [{"class_name": "m"}]},
    ),
    (["x", 0, 0, {"more": {"states": [["a", 0, 0], 3]}}], False, "x:0:0", {"more": {"states": ["a:0:0", 3]}}),
]


@pytest.mark.parametrize(("node", "exact", "inputs", "kwargs"), CASES)
def test_read_call(node: Any, exact: bool, inputs: Any, kwargs: dict[str, Any]) -> None:
    assert read_call(node, tensor, exact) == (inputs, kwargs)


def test_a_constant_is_its_value() -> None:
    (first, second), kwargs = read_call([[CONSTANT, -1, 5.0, {"axis": 1}], ["x", 0, 0, {}]], tensor, False)
    assert isinstance(first, Constant)
    assert (first.value, second, kwargs) == (5.0, "x:0:0", {"axis": 1})


def test_lists_of_numbers_and_bytes_among_keyword_arguments() -> None:
    stated = {"value": [[1.0, 2.0]], "axis": 1, "text": {"class_name": "__bytes__", "value": "é"}}
    _, kwargs = read_call([["x", 0, 0, stated]], tensor, False)
    assert isinstance(kwargs["value"], Constant)
    assert (kwargs["value"].value, kwargs["axis"], kwargs["text"]) == ([[1.0, 2.0]], 1, "é".encode())
    _, kwargs = read_call([["x", 0, 0, stated]], tensor, True)
    assert kwargs["value"] == [[1.0, 2.0]]


@pytest.mark.parametrize("node", [None, "x", 3, [["x", 0, 0, {}], 7], {"a": "x"}])
def test_what_is_no_call(node: Any) -> None:
    with pytest.raises(InvalidModelError, match="config: expected a call of a layer in inbound_nodes, got "):
        read_call(node, tensor, False)


def test_inside_and_outside_count_alike() -> None:
    x = kerasfmt.Input((3,))
    model = kerasfmt.Model(x, x)
    for top in (False, True):
        assert CALLS.calls_before(model, top) == model.own_calls == 1


@pytest.mark.parametrize("file", ["m.h5", "m.keras", "m"])
def test_inputs_that_may_be_none(file: str, tmp_path: Path) -> None:
    x = kerasfmt.layers.InputLayer(batch_input_shape=(None, 3), name="x", optional=True).outputs
    model = kerasfmt.Model(x, kerasfmt.layers.Dense(2)(x), name="m")
    kerasfmt.save_model(model, tmp_path / "k3.keras")
    again = kerasfmt.load_model(tmp_path / "k3.keras")
    assert again.layers[0].optional  # type: ignore[attr-defined]
    with pytest.warns(
        UserWarning, match="inputs that may be None are written as such that are always given: x"
    ):
        kerasfmt.save_model(again, tmp_path / file, save_format="tf_keras" if file == "m.keras" else None)
    assert not kerasfmt.load_model(tmp_path / file).layers[0].optional  # type: ignore[attr-defined]


def _no_tensor(reference: Any) -> Any:
    raise AssertionError(reference)


def test_a_ragged_constant_is_refused() -> None:
    node = ["_CONSTANT_VALUE", -1, [{"_TYPE": "COMPOSITE"}, '{"class_name": "CompositeTensor"}'], {}]
    with pytest.raises(UnsupportedLayerError, match="a ragged or sparse tensor is not supported"):
        read_call(node, _no_tensor, False)
