"""Ops in their place and out of it: the saver's, those of tables, and what functions are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kerasfmt import protos
from kerasfmt.verification.rules import unsafe
from kerasfmt.verification.verify import verify
from tests.verification.making import add_node, dtype, rules_of, saved, text, texts

STRING = dtype("STRING")


def test_the_saver_of_tensorflow_is_in_its_place(tmp_path: Path) -> None:
    report = verify(saved(tmp_path))
    assert report.findings == ()


def test_the_saver_with_a_path_of_its_own(tmp_path: Path) -> None:
    def change(meta: Any) -> None:
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                if node.op == "SaveV2":
                    constant = function.node_def.add(name="elsewhere", op="Const")
                    constant.attr["value"].CopyFrom(texts(b"/etc/cron.d/x"))
                    constant.attr["dtype"].CopyFrom(STRING)
                    node.input[0] = "elsewhere:output:0"

    report = verify(saved(tmp_path, change))
    found = [each.message for each in report.findings if each.rule is unsafe.CHECKPOINT_OP]
    assert any("/etc/cron.d/x" in message for message in found)


def test_the_saver_is_run_by_a_signature(tmp_path: Path) -> None:
    def change(meta: Any) -> None:
        info = meta.signature_def["serving_default"].outputs["saved"]
        info.name = meta.saver_def.save_tensor_name
        info.dtype = protos.DataType.Value("DT_STRING")

    assert unsafe.CHECKPOINT_OP in rules_of(verify(saved(tmp_path, change)))


@pytest.mark.parametrize(
    ("source", "found"), [("", False), ("local://", False), ("bytes://x", False), ("/etc/x", True)]
)
def test_descriptors_of_protocol_buffers(tmp_path: Path, source: str, found: bool) -> None:
    def change(meta: Any) -> None:
        add_node(meta, "EncodeProto", descriptor_source=text(source))

    assert (unsafe.READING_OP in rules_of(verify(saved(tmp_path, change)))) is found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("__inference_exec_3", True),
        ("os.system", True),
        ("__inference_dense_3", False),
        ("__inference_evaluate_3", False),
        ("__inference_executor_3", False),
    ],
)
def test_names_of_functions(tmp_path: Path, name: str, found: bool) -> None:
    def change(meta: Any) -> None:
        meta.graph_def.library.function.add().signature.name = name

    assert (unsafe.TELLING_NAME in rules_of(verify(saved(tmp_path, change)))) is found


@pytest.mark.parametrize(
    ("data", "found"), [(b"import os\n", True), (b"\x7fELF" + bytes(20), True), (b"dense/kernel:0", False)]
)
def test_collections(tmp_path: Path, data: bytes, found: bool) -> None:
    def change(meta: Any) -> None:
        meta.collection_def["mine"].bytes_list.value.append(data)

    assert (unsafe.CODE_IN_GRAPH in rules_of(verify(saved(tmp_path, change)))) is found


def test_paths_are_followed_within_bounds(tmp_path: Path) -> None:
    """Many tables at the end of one long chain: the chain is not gone through for each of them."""

    def change(meta: Any) -> None:
        add_node(meta, "Const", name="c0", value=texts(b"x"), dtype=STRING)
        for number in range(1, 400):
            add_node(meta, "Identity", (f"c{number - 1}",), f"c{number}", T=STRING)
        for number in range(400):
            add_node(meta, "InitializeTableFromTextFileV2", ("t", "c399"), f"t{number}")

    report = verify(saved(tmp_path, change))
    assert unsafe.FILE_NAME_IN_GRAPH in rules_of(report)
