"""Symbolic tensors, constants among them, and the calls that made them."""

from __future__ import annotations

import kerasfmt
from kerasfmt import Input, Model, dtypes
from kerasfmt.graph import Spec
from kerasfmt.ir.structure import flatten
from kerasfmt.ir.tensor import Call, Constant
from kerasfmt.layers import Add, Dense, Embedding, MultiHeadAttention


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
