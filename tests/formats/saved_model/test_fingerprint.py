"""Fingerprints: the hash, the order of map entries, the fields.

fingerprint64.json holds what TensorFlow's Fingerprint op gives; `python -m conformance.fingerprint64_golden`,
in an environment with TensorFlow, writes it. `conformance/test_fingerprint.py` compares whole fingerprints.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from kerasfmt import protos
from kerasfmt.errors import SaveError
from kerasfmt.formats.saved_model.fingerprint import fingerprint
from kerasfmt.formats.saved_model.fingerprint64 import fingerprint64, fingerprint_cat64
from kerasfmt.formats.saved_model.map_order import in_key_order, serialize_in_key_order

GOLDEN = Path(__file__).with_name("fingerprint64.json")
LENGTHS = (*range(201), 255, 256, 257, 1023, 1024, 1025, 65535, 65536, 65537, 65600, 65601, 131072, 131137)
"""Every short length, and those around a batch of blocks."""


def text(size: int) -> bytes:
    """`size` bytes that look random and are always the same."""
    return random.Random(1).randbytes(size)


def of(saved: protos.SavedModel, index: bytes = b"") -> protos.FingerprintDef:
    return fingerprint(saved, protos.serialize(saved), index)


def saved_model(*names: str) -> protos.SavedModel:
    """A SavedModel with the concrete functions `names`."""
    saved = protos.SavedModel(saved_model_schema_version=1)
    functions = saved.meta_graphs.add().object_graph_def.concrete_functions
    for bound, name in enumerate(names):
        functions[name].bound_inputs.append(bound)
    return saved


def test_fingerprint64() -> None:
    hashes = json.loads(GOLDEN.read_text())["hashes"]
    assert {n: f"{fingerprint64(text(int(n))):016x}" for n in hashes} == hashes
    assert tuple(map(int, hashes)) == LENGTHS


def test_fingerprint_cat64_is_ordered() -> None:
    assert 0 <= fingerprint_cat64(1, 2) < 2**64
    assert fingerprint_cat64(1, 2) != fingerprint_cat64(2, 1)


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


def test_program_leaves_out_names_and_strings_of_one_save() -> None:
    def program(name: str, config: bytes, text: bytes, producer: int) -> int:
        saved = saved_model()
        graph = saved.meta_graphs[0].graph_def
        call = graph.node.add(name="call", op="StatefulPartitionedCall")
        call.attr["f"].func.name = name
        call.attr["config_proto"].s = config
        constant = graph.node.add(name="c", op="Const")
        constant.attr["dtype"].type = protos.DataType.Value("DT_STRING")
        constant.attr["value"].tensor.string_val.append(text)
        graph.versions.producer = producer
        graph.library.function.add().signature.name = name
        return of(saved).graph_def_program_hash

    assert program("f_12", b"a", b"b", 1) == program("f_9", b"c", b"d", 2)
    assert program("f_12", b"a", b"b", 1) != program("g_12", b"a", b"b", 1)


def test_functions_are_chained_by_number() -> None:
    assert of(saved_model()).saved_object_graph_hash == 0
    assert of(saved_model("f_2", "f_10")) != of(saved_model("f_10", "f_2"))
    # The number itself is left out.
    left, right = of(saved_model("f_2", "g_10")), of(saved_model("f_3", "g_4"))
    assert left.saved_object_graph_hash == right.saved_object_graph_hash


@pytest.mark.parametrize(
    "name", ["", "f", "f_", "f_x", "f_1x", "f_9223372036854775808", "f_\u0661", "f_--1", "f_+1"]
)
def test_a_function_without_number_is_refused(name: str) -> None:
    with pytest.raises(
        SaveError, match=r"concrete function .*: expected a name that ends in `_` and an integer"
    ):
        of(saved_model(name))


def test_checkpoint_and_version() -> None:
    result = of(saved_model(), b"index")
    assert result.checkpoint_hash == fingerprint64(b"index")
    assert result.version.producer == 1
    assert not result.uuid


def test_a_large_file_has_no_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = protos.SavedModel(saved_model_schema_version=1)
    saved.meta_graphs.add()
    data = protos.serialize(saved)
    assert fingerprint(saved, data, b"index").saved_model_checksum
    monkeypatch.setattr("kerasfmt.formats.saved_model.fingerprint.CHECKSUM_LIMIT", len(data) - 1)
    large = fingerprint(saved, data, b"index")
    assert large.saved_model_checksum == 0
    assert large.checkpoint_hash == fingerprint(saved, data, b"index").checkpoint_hash != 0
