"""Python structures as StructuredValue."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from kerasfmt import dtypes, protos
from kerasfmt.graph import Spec
from kerasfmt.graphdef.structured_value import ArgSpec, encode, encode_function_spec

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


def decode(proto: protos.StructuredValue) -> Any:
    kind = proto.WhichOneof("kind")
    value = getattr(proto, kind)
    if kind == "none_value":
        return None
    if kind == "tuple_value":
        return tuple(decode(v) for v in value.values)
    if kind == "list_value":
        return [decode(v) for v in value.values]
    if kind == "dict_value":
        return {k: decode(v) for k, v in value.fields.items()}
    if kind == "tensor_spec_value":
        dims = tuple(None if d.size < 0 else d.size for d in value.shape.dim)
        return Spec(None if value.shape.unknown_rank else dims, dtypes.of(value.dtype), value.name)
    return value


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
