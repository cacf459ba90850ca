"""Python structures from their messages."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt import dtypes, protos
from kerasfmt.errors import GraphError
from kerasfmt.graph import Spec, VariableSpec
from kerasfmt.graphdef.structured_decode import Composite, decode, decode_function_spec, filled, leaves
from kerasfmt.graphdef.structured_value import ArgSpec, encode, encode_function_spec

X = Spec((None, 3), dtypes.float32, "x")


@pytest.mark.parametrize(
    "value", [None, True, 3, 2.5, "text", X, (1, [X, None]), {"b": X, "a": (True,)}, [], (), {}]
)
def test_what_was_encoded(value: Any) -> None:
    found = decode(encode(value), "f")
    assert found == value
    assert type(found) is type(value)


def test_what_has_no_type_of_its_own() -> None:
    named = protos.StructuredValue()
    named.named_tuple_value.name = "Pair"
    for key in ("a", "b"):
        named.named_tuple_value.values.add(key=key).value.string_value = key
    assert decode(named, "f") == ("a", "b")
    assert decode(encode(VariableSpec(X, 0)), "f") == Composite("VariableSpec", 1)
    shape = protos.StructuredValue()
    shape.tensor_shape_value.dim.add(size=2)
    assert decode(shape, "f") is shape


def test_a_structure_that_is_nested_too_deeply() -> None:
    proto = protos.StructuredValue()
    inner = proto
    for _ in range(70):
        inner = inner.tuple_value.values.add()
    with pytest.raises(GraphError, match="f: a structure is nested more than 64 deep"):
        decode(proto, "f")


def test_leaves_go_by_the_keys_of_dicts() -> None:
    y = Spec((), dtypes.int32)
    structure = {"b": (X, None), "a": [y, Composite("RaggedTensorSpec", 2)]}
    assert list(leaves(structure)) == [y, Composite("RaggedTensorSpec", 2), X, None]
    assert filled(structure, iter([1, 2, 3, 4])) == {"b": (4, None), "a": [1, (2, 3)]}


@pytest.mark.parametrize("own", ["self", "x"])
def test_the_signature_of_a_function(own: str) -> None:
    spec = ArgSpec((own, "y", "z"), (None, 2), ("flag",), {"flag": True}, None, "kwargs")
    found = decode_function_spec(encode_function_spec(spec), "f")
    names = ("y", "z") if own == "self" else (own, "y", "z")
    assert found == ArgSpec(names, (None, 2), ("flag",), {"flag": True}, None, "kwargs")


def test_a_signature_without_defaults_or_of_something_else() -> None:
    assert decode_function_spec(encode_function_spec(ArgSpec(("self",))), "f") == ArgSpec(())
    broken = encode_function_spec(ArgSpec(("x",)))
    broken.fullargspec.named_tuple_value.values[0].value.list_value.values[0].int64_value = 3
    with pytest.raises(GraphError, match="f: the signature of a function is damaged"):
        decode_function_spec(broken, "f")
