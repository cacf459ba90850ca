"""Symbolic tensors, constants among them, and the calls that made them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt import Input, Model, dtypes
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Spec
from kerasfmt.ir.structure import flatten
from kerasfmt.ir.tensor import Call, Constant
from kerasfmt.layers import Add, Concatenate, Dense, Embedding, MultiHeadAttention
from kerasfmt.layers.tf_op import TFOpLambda


def test_a_tensor_knows_its_spec_and_its_origin() -> None:
    x = Input((3,), name="x")
    dense = Dense(2, name="d")
    y = dense(x)
    assert y.spec == Spec((None, 2), dtypes.float32, y.spec.name)
    assert (y.shape, y.dtype, y.masked) == ((None, 2), dtypes.float32, False)
    assert (y.origin.layer, y.origin.index, y.index) == (dense, 0, 0)
    assert dense(x).origin.index == 1
    assert repr(y) == "<Tensor float32(None, 2) of d>"


def test_a_mask_is_a_bool_of_the_first_dimensions() -> None:
    found = Embedding(5, 2, mask_zero=True)(Input((4,), dtype="int32"))
    assert found.masked
    assert found.mask is not None
    assert (found.mask.shape, found.mask.dtype) == ((None, 4), dtypes.bool_)


def test_tensors_of_a_call_come_inputs_first_then_by_name() -> None:
    a, b, c = (Input((4, 2), name=name) for name in "abc")
    layer = MultiHeadAttention(1, 2)
    call = layer(a, value=b, key=c).origin
    assert call.tensor_inputs == [a, c, b]
    assert call.flat_outputs == [layer.calls[0].outputs]


def test_outputs_of_a_nested_model_are_numbered() -> None:
    y = Input((3,))
    inner = Model(y, {"first": y, "second": Dense(2)(y)})
    call = flatten(inner(Input((3,))))[0].origin
    assert [tensor.index for tensor in call.flat_outputs] == [0, 1]
    assert all(tensor.origin is call for tensor in call.flat_outputs)


def test_a_constant_is_a_leaf_whatever_it_holds() -> None:
    constant = Constant([1, 2])
    x = kerasfmt.Input((3,))
    assert flatten([constant, x]) == [constant, x]
    assert repr(constant) == "Constant([1, 2])"
    assert Call(Add(), [constant, x], {}, x, 0).tensor_inputs == [x]


def test_a_constant_has_the_spec_of_its_tensor() -> None:
    specs = [
        Constant(v).spec for v in ([[1.0, 2.0]], 3, np.zeros((2, 0), np.int8), [True], "a", [b"a", b"b"])
    ]
    assert [(spec.shape, spec.dtype.name) for spec in specs] == [
        ((1, 2), "float32"),
        ((), "int32"),
        ((2, 0), "int8"),
        ((1,), "bool"),
        ((), "string"),
        ((2,), "string"),
    ]
    assert (Constant(np.float64(2)).plain, Constant(np.eye(2)).plain) == (2.0, [[1.0, 0.0], [0.0, 1.0]])


FILES = {"m.h5": "h5", "a.keras": "keras", "b.keras": "tf_keras", "m": "tf"}
CALLED = {
    "input": lambda x: Add()([x, np.arange(6, dtype=np.float32).reshape(1, 2, 3)]),
    "first": lambda x: Concatenate(axis=1)([np.ones((4, 1, 3), np.float32), x]),
    "keyword": lambda x: MultiHeadAttention(1, 2)(x, value=Constant(np.ones((4, 5, 3), np.float32).tolist())),
    "of_a_model": lambda x: _sum()([x, np.full((4, 2, 3), 2, np.float32)]),
}


def _sum() -> Model:
    inputs = [Input((2, 3)), Input((2, 3))]
    return Model(inputs, Add()(inputs), name="sum")


@pytest.mark.parametrize("name", CALLED)
@pytest.mark.parametrize("file", FILES)
def test_constants_among_the_arguments_of_layers(file: str, name: str, tmp_path: Path) -> None:
    x = Input((2, 3), name="x")
    model = Model(x, CALLED[name](x))
    data = np.random.default_rng(0).normal(size=(4, 2, 3)).astype(np.float32)
    expected = model.predict(data)
    if name == "input":
        np.testing.assert_array_equal(expected, data + np.arange(6, dtype=np.float32).reshape(2, 3))
    if file in ("m.h5", "b.keras"):
        with pytest.raises(
            UnsupportedLayerError, match="an array is among its inputs, which Keras 2 does not read"
        ):
            kerasfmt.save_model(model, tmp_path / file, save_format=FILES[file])
        assert model_from_config(model.get_config()).get_config() == model.get_config()
        return
    kerasfmt.save_model(model, tmp_path / file, save_format=FILES[file])
    again = kerasfmt.load_model(tmp_path / file)
    np.testing.assert_array_equal(again.predict(data), expected)
    assert (
        again.get_config()["layers"][1]["inbound_nodes"] == model.get_config()["layers"][1]["inbound_nodes"]
    )


@pytest.mark.parametrize("file", ["m.h5", "b.keras", "m"])
def test_bytes_among_the_arguments_of_functions(file: str, tmp_path: Path) -> None:
    x = Input((1,), dtype="string", name="x")
    model = Model(x, TFOpLambda("math.equal")(x, y="é".encode()))
    kerasfmt.save_model(model, tmp_path / file, save_format=FILES[file])
    again = kerasfmt.load_model(tmp_path / file)
    assert again.predict(np.array([["é"], ["e"]], object)).tolist() == [[True], [False]]
    assert again.get_config() == model.get_config()
