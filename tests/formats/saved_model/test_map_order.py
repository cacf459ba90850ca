"""The order of map entries in serialized messages."""

from __future__ import annotations

import pytest

from kerasfmt import protos
from kerasfmt.formats.saved_model.map_order import in_key_order, serialize_in_key_order
from tests.formats.saved_model.saved import saved_model

ORDERED = [
    (["a", "aa", "aaa", "ab", "b"], b"a aa aaa ab b"),
    (["dense_1", "dense", "dense_10", "dense_2"], b"dense dense_1 dense_10 dense_2"),
    (["é", "z", "", "\U0001f600", "\uffff"], " z é \uffff \U0001f600".encode()),
]


@pytest.mark.parametrize(("keys", "expected"), ORDERED)
def test_string_keys_ascend_bytewise(keys: list[str], expected: bytes) -> None:
    function = protos.FunctionDef()
    for key in keys:
        function.ret[key] = ""
    entries = b"".join(
        b"\x22" + bytes([len(key) + 4, 0x0A, len(key)]) + key + b"\x12\x00" for key in expected.split(b" ")
    )
    assert serialize_in_key_order(function) == entries


def test_integer_keys_ascend() -> None:
    function = protos.FunctionDef()
    for key in (300, 0, 2, 128, 1):
        function.resource_arg_unique_id[key] = 7
    assert serialize_in_key_order(function).hex() == (
        "420408001007" "420408011007" "420408021007" "42050880011007" "420508ac021007"
    )  # fmt: skip


def test_nested_maps_are_ordered_and_nothing_is_lost() -> None:
    saved = saved_model("f_1", "f_12", "f_10")
    function = saved.meta_graphs[0].graph_def.library.function.add()
    for index in range(300):
        function.arg_attr[index].attr["_user_specified_name"].s = b"x" * index
        function.arg_attr[index].attr["_user"].func.attr["a"].list.func.add().attr["b"].f = 1.5
    function.node_def.add(name="n" * 600, op="A").attr["T"].type = 1
    data = protos.serialize(saved)
    ordered = in_key_order(data, saved.DESCRIPTOR)
    assert len(ordered) == len(data)
    assert protos.SavedModel.FromString(ordered) == saved
    assert ordered.index(b"f_1\x12") < ordered.index(b"f_10\x12") < ordered.index(b"f_12\x12")
    assert in_key_order(ordered, saved.DESCRIPTOR) == ordered
