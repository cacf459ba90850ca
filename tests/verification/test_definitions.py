"""Nodes against the definitions of their ops."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt import protos
from kerasfmt.verification.definitions import (
    Definitions,
    attribute_faults,
    dtype_of,
    shape_fault,
    tensor_fault,
    tensors_of,
)

FLOAT, INT32 = 1, 3


def node(op: str, **attrs: Any) -> Any:
    found = protos.NodeDef(name="n", op=op)
    for name, value in attrs.items():
        found.attr[name].CopyFrom(value)
    return found


def value(**fields: Any) -> Any:
    return protos.AttrValue(**fields)


def faults(op: str, **attrs: Any) -> list[str]:
    definition = Definitions((), {}).find(op)
    assert definition is not None
    return list(attribute_faults(node(op, **attrs), definition))


def test_a_node_as_it_should_be() -> None:
    assert faults("MatMul", T=value(type=FLOAT)) == []
    assert faults("MatMul", T=value(type=FLOAT), grad_a=value(b=True), _own=value(i=1)) == []


@pytest.mark.parametrize(
    ("attrs", "fault"),
    [
        ({}, "lacks the attribute T"),
        ({"T": value(i=1)}, "expected type, got i"),
        ({"T": value(type=7)}, "not among those"),
        ({"T": value(type=FLOAT), "more": value(i=1)}, "which MatMul does not have"),
        ({"T": value(type=0)}, "expected a dtype"),
    ],
)
def test_a_node_as_it_should_not_be(attrs: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in faults("MatMul", **attrs))


def test_a_list_of_something_else() -> None:
    wrong = value()
    wrong.list.i.append(1)
    assert faults("StatefulPartitionedCall", Tin=wrong, Tout=value(list=wrong.list), f=value())


def test_what_only_the_file_allows_is_allowed() -> None:
    stated = protos.OpDef(name="MatMul")
    stated.attr.add(name="newer", type="int").default_value.i = 0
    definition = Definitions([stated], {}).find("MatMul")
    assert definition is not None
    assert not definition.is_foreign
    found = node("MatMul", T=value(type=FLOAT), newer=value(i=1))
    assert list(attribute_faults(found, definition)) == []


def test_ops_of_others() -> None:
    foreign = protos.OpDef(name="NobodysOp")
    foreign.output_arg.add(name="out", type_attr="T", number_attr="N")
    foreign.attr.add(name="T", type="type")
    foreign.attr.add(name="N", type="int")
    signature = protos.OpDef(name="function")
    definitions = Definitions([foreign], {"function": signature})
    found = definitions.find("NobodysOp")
    assert found is not None
    assert found.is_foreign
    assert found.weight > 0
    made = node("NobodysOp", T=value(type=INT32), N=value(i=2))
    ((name, count, dtype),) = tensors_of(foreign.output_arg, made, found)
    assert (name, count, dtype) == ("out", 2, INT32)
    called = definitions.find("function")
    assert called is not None
    assert called.is_function
    assert definitions.find("nobody") is None


@pytest.mark.parametrize("count", [-1, 2**40])
def test_numbers_of_tensors_are_bounded(count: int) -> None:
    definition = Definitions((), {}).find("Unpack")
    assert definition is not None
    with pytest.raises(ValueError, match="expected a number of tensors"):
        tensors_of(definition.message.output_arg, node("Unpack", num=value(i=count)), definition)


def test_dtypes_of_a_list() -> None:
    assert dtype_of(("a", 2, (FLOAT, INT32)), 1) == INT32
    assert dtype_of(("a", 2, None), 1) is None


def test_shapes() -> None:
    assert shape_fault(protos.TensorShapeProto()) == ""
    huge = protos.TensorShapeProto()
    for size in (2**40, 2**40):
        huge.dim.add(size=size)
    assert "more elements" in shape_fault(huge)
    huge.dim.add(size=0)
    assert shape_fault(huge) == ""
    huge.dim.add(size=-2)
    assert "at least -1" in shape_fault(huge)
    for _ in range(300):
        huge.dim.add(size=1)
    assert "axes" in shape_fault(huge)


def test_constants() -> None:
    tensor = protos.TensorProto(dtype=FLOAT)
    tensor.tensor_shape.dim.add(size=2)
    tensor.float_val.append(1.0)
    assert tensor_fault(tensor) == ""
    tensor.float_val.extend([1.0] * 3)
    assert "at most 2 elements" in tensor_fault(tensor)
    tensor.ClearField("float_val")
    tensor.tensor_content = b"123"
    assert "expected 8 bytes" in tensor_fault(tensor)
    tensor.tensor_shape.dim[0].size = -1
    assert "not known" in tensor_fault(tensor)
