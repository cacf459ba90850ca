"""Python structures as StructuredValue."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from kerasfmt import dtypes, protos
from kerasfmt.errors import GraphError
from kerasfmt.graph import Spec, VariableSpec
from kerasfmt.graphdef.structured_value import (
    ArgSpec,
    FunctionSpecs,
    OtherValue,
    decode,
    decode_arg_spec,
    encode,
    encode_function_spec,
)

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(),
    st.builds(
        Spec,
        st.one_of(st.none(), st.lists(st.one_of(st.none(), st.integers(0, 99))).map(tuple)),
        st.sampled_from(dtypes.ALL),
        st.text(min_size=1),
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda s: st.one_of(st.lists(s), st.lists(s).map(tuple), st.dictionaries(st.text(), s)),
    max_leaves=8,
)


@given(VALUES)
def test_values_come_back(value: Any) -> None:
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "bool_value"),
        (1, "int64_value"),
        ((), "tuple_value"),
        ([], "list_value"),
        ({}, "dict_value"),
        (None, "none_value"),
    ],
)
def test_empty_and_small_values_have_a_kind(value: Any, kind: str) -> None:
    assert encode(value).WhichOneof("kind") == kind


def test_function_spec() -> None:
    spec = ArgSpec(("inputs", "training"), (False,), ("key",))
    proto = encode_function_spec(spec, (Spec((2,), dtypes.float32, "x"),))
    named = {p.key: decode(p.value) for p in proto.fullargspec.named_tuple_value.values}
    assert named == {
        "args": ["inputs", "training"],
        "varargs": None,
        "varkw": None,
        "defaults": (False,),
        "kwonlyargs": ["key"],
        "kwonlydefaults": None,
        "annotations": {},
    }
    assert list(named) == [
        "args",
        "varargs",
        "varkw",
        "defaults",
        "kwonlyargs",
        "kwonlydefaults",
        "annotations",
    ]
    assert proto.fullargspec.named_tuple_value.name == "FullArgSpec"
    assert decode(proto.input_signature) == (Spec((2,), dtypes.float32, "x"),)
    assert decode(encode_function_spec(ArgSpec()).input_signature) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        "text",
        Spec((None, 3), dtypes.float32, "x"),
        Spec(None, dtypes.int32),
        ((Spec((), dtypes.bool_), [1, (2.0, None)]), {"a": {"b": "c"}}),
    ],
)
def test_what_is_encoded_is_decoded(value: Any) -> None:
    assert decode(encode(value)) == value
    message = encode(value)
    assert encode(message) is message


def test_values_of_other_kinds_say_what_they_are() -> None:
    assert decode(protos.StructuredValue()) is None
    assert decode(encode(VariableSpec(Spec((2,), dtypes.float32), 0))) == OtherValue("VariableSpec")
    assert decode(protos.StructuredValue(tensor_dtype_value=1)) == OtherValue("tensor_dtype_value")
    named = protos.StructuredValue()
    named.named_tuple_value.values.add(key="a").value.int64_value = 3
    assert decode(named) == (3,)


@pytest.mark.parametrize(
    "spec",
    [
        ArgSpec(),
        ArgSpec(("inputs", "training"), (None,)),
        ArgSpec(("x",), None, ("flag", "mode"), {"flag": 2}, "args", "kwargs"),
    ],
)
def test_signatures_are_decoded(spec: ArgSpec) -> None:
    message = encode_function_spec(spec)
    assert decode_arg_spec(message) == spec
    assert FunctionSpecs().encode(message, None) is message


def test_a_method_takes_no_self() -> None:
    message = encode_function_spec(ArgSpec(("self", "x"), (1,)))
    message.is_method = True
    assert decode_arg_spec(message) == ArgSpec(("x",), (1,))


@pytest.mark.parametrize("key", ["args", "defaults", "kwonlyargs", "kwonlydefaults"])
def test_signatures_that_are_none(key: str) -> None:
    message = encode_function_spec(ArgSpec())
    for pair in message.fullargspec.named_tuple_value.values:
        if pair.key == key:
            pair.value.int64_value = 3
    with pytest.raises(GraphError, match="expected the"):
        decode_arg_spec(message)
