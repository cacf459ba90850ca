"""The order of map entries in serialized messages, and that every runtime of protobuf gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from google.protobuf.internal import api_implementation

import kerasfmt
from kerasfmt import protos
from kerasfmt.protos.map_order import in_key_order, in_upb_order, serialize_in_key_order
from tests.formats.saved_model.saved import saved_model, small

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


UPB = [
    (["a", "aa", "aaa", "ab", "b"], "aaa aa ab a b"),
    (["dense_1", "dense", "dense_10", "dense_2"], "dense_10 dense_1 dense_2 dense"),
    (["é", "z", "", "\U0001f600", "\uffff"], "z é \uffff \U0001f600 "),
]


def keys_of(data: bytes) -> list[str]:
    """The keys of a FunctionDef's `ret`, whose values are empty, in their order in the bytes."""
    keys, at = [], 0
    while at < len(data):
        size = data[at + 3]
        keys.append(data[at + 4 : at + 4 + size].decode())
        at += 2 + data[at + 1]
    return keys


@pytest.mark.parametrize(("keys", "expected"), UPB)
def test_saved_bytes_have_string_keys_in_the_order_of_upb(keys: list[str], expected: str) -> None:
    function = protos.FunctionDef()
    for key in keys:
        function.ret[key] = ""
    assert keys_of(protos.serialize(function)) == expected.split(" ")
    assert in_upb_order(serialize_in_key_order(function), function.DESCRIPTOR) == protos.serialize(function)


def message() -> Any:
    """A message with keys of every type that is written, many and nested."""
    random = Random(1)
    saved = protos.SavedModel()
    graph = saved.meta_graphs.add()
    function = graph.graph_def.library.function.add()
    for number in random.sample(range(1 << 20), 60):
        function.arg_attr[number].attr["_user_specified_name"].s = b"x" * (number % 300)
        function.resource_arg_unique_id[number] = 1
        graph.signature_def[f"s{number}"].outputs[f"{number % 97}"].name = "o"
        function.attr["a" * (number % 300)].func.attr[f"b{number}"].f = 1.5
        debug = graph.object_graph_def.concrete_functions[f"f_{number % 1000}"]
        debug.bound_inputs.append(number)
    return saved


def test_an_order_can_be_had_from_the_other() -> None:
    saved = message()
    data = protos.serialize(saved)
    ascending = in_key_order(data, saved.DESCRIPTOR)
    assert ascending != data
    assert in_upb_order(ascending, saved.DESCRIPTOR) == data
    assert in_upb_order(data, saved.DESCRIPTOR) == data


def digests(scratch: Path) -> dict[str, str]:
    """What saving gives with the runtime of this process: file -> digest."""
    kerasfmt.save_model(small(), scratch / "model")
    found = {path.name: path.read_bytes() for path in (scratch / "model").rglob("*") if path.is_file()}
    found["message"] = protos.serialize(message())
    return {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}


def test_every_runtime_writes_the_same_bytes(tmp_path: Path) -> None:
    other = {"upb": "python", "python": "upb"}[api_implementation.Type()]
    text = f"import json; from pathlib import Path; from {__name__} import *; "
    text += "print(api_implementation.Type()); print(json.dumps(digests(Path.cwd())))"
    runtime, theirs = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path,
        env={
            **os.environ,
            "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": other,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert runtime == other
    ours = digests(tmp_path / "ours")
    assert len(ours) == 6
    assert json.loads(theirs) == ours
