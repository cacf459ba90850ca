"""Fingerprints: their fields; `conformance/test_fingerprint.py` compares whole ones."""

from __future__ import annotations

import pytest

from kerasfmt import protos
from kerasfmt.errors import SaveError
from kerasfmt.formats.saved_model.fingerprint import fingerprint
from kerasfmt.graph.ops.fingerprint64 import fingerprint64
from tests.formats.saved_model.saved import saved_model


def of(saved: protos.SavedModel, index: bytes = b"") -> protos.FingerprintDef:
    return fingerprint(saved, protos.serialize(saved), index)


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
