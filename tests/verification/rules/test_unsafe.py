"""Rules about what does more than compute: a file for each."""

from __future__ import annotations

import base64
import marshal
import os
import pickle
import stat
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import protos
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import unsafe
from kerasfmt.verification.verify import verify
from tests.verification.making import (
    Make,
    add_node,
    archive,
    beside,
    changed,
    changed_hdf5,
    check_case,
    dtype,
    rules_of,
    saved,
    text,
    texts,
    with_config,
    with_node,
)

STABLEHLO = Path(__file__).parents[2] / "data" / "stablehlo"
STRING = dtype("STRING")


class _Exploit:
    def __reduce__(self) -> Any:
        return os.system, ("true",)


def _code() -> str:
    return base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()


def _table(meta: Any) -> None:
    add_node(meta, "HashTableV2", name="t", key_dtype=STRING, value_dtype=dtype("INT64"))
    add_node(meta, "Const", name="path", value=texts(b"/etc/passwd"), dtype=STRING)
    number = protos.AttrValue(i=-2)
    add_node(meta, "InitializeTableFromTextFileV2", ("t", "path"), key_index=number, value_index=number)


def _foreign(meta: Any) -> None:
    meta.meta_info_def.stripped_op_list.op.add(name="NobodysOp")
    add_node(meta, "NobodysOp")


def _telling(meta: Any) -> None:
    meta.graph_def.library.function.add().signature.name = "__inference_eval_7"


def _program(meta: Any) -> None:
    add_node(meta, "Const", value=texts(b"\x7fELF" + bytes(60)), dtype=STRING)


def _module(name: str) -> Make:
    return with_node("XlaCallModule", module=text((STABLEHLO / name).read_bytes()))


def _lambda(layer: dict[str, Any]) -> None:
    function = {"class_name": "__lambda__", "config": {"code": _code(), "defaults": None, "closure": None}}
    layer.update(class_name="Lambda", config={"name": "dense", "function": function})


def _torch(layer: dict[str, Any]) -> None:
    held = base64.b64encode(pickle.dumps(_Exploit())).decode()
    layer.update(class_name="TorchModuleWrapper", config={"name": "dense", "module": held})


def _activation(module: str, name: str) -> Make:
    function = {"module": module, "class_name": "function", "config": name, "registered_name": "function"}
    return with_config(lambda layer: layer["config"].update(activation=function))


def _vocabulary(layer: dict[str, Any]) -> None:
    layer.update(class_name="StringLookup", config={"name": "dense", "vocabulary": "/etc/passwd"})


def _from_file(folder: Path) -> Path:
    (folder / "words.txt").write_text("cat\ndog\n")
    kerasfmt.clear_session()
    lookup = kerasfmt.layers.StringLookup(vocabulary=str(folder / "words.txt"))
    kerasfmt.save_model(kerasfmt.Sequential([kerasfmt.Input((1,), dtype="string"), lookup]), folder / "model")
    return folder / "model"


def _linked(folder: Path) -> Path:
    directory = saved(folder)
    (directory / "assets" / "vocabulary.txt").symlink_to("/etc/passwd")
    return directory


def _pipe(folder: Path) -> Path:
    directory = saved(folder)
    os.mkfifo(directory / "assets" / "pipe")
    return directory


def _member(name: str, data: bytes = b"x", mode: int = 0) -> Make:
    def make(folder: Path) -> Path:
        path = archive(folder)
        with zipfile.ZipFile(path, "a") as target:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            target.writestr(info, data)
        return path

    return make


def _twice(folder: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _member("config.json", b"{}")(folder)


def _bomb(folder: Path) -> Path:
    def edit(members: dict[str, bytes]) -> None:
        members["assets/zeros"] = bytes(300 << 20)

    return archive(folder, edit, compression=zipfile.ZIP_DEFLATED)


def _before(folder: Path) -> Path:
    path = archive(folder)
    path.write_bytes(b"GIF89a" + path.read_bytes())
    return path


def _external(file: h5py.File) -> None:
    file.create_dataset("there", (3,), np.float32, external=[("/etc/passwd", 0, 12)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3,), np.float32)
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3,))
    file.create_virtual_dataset("there", layout)


def _packed(file: h5py.File) -> None:
    file.create_dataset("packed", data=np.zeros((8, 8), np.int32), chunks=(8, 8), scaleoffset=4)


def _link(target: Any) -> Make:
    return changed_hdf5(lambda file: file.__setitem__("link", target))


CASES: dict[Rule, Make] = {
    unsafe.PYTHON_OP: with_node("PyFunc", token=text("f")),
    unsafe.READING_OP: with_node("ReadFile", ("path:0",)),
    unsafe.WRITING_OP: with_node("WriteFile"),
    unsafe.CHECKPOINT_OP: with_node("SaveV2"),
    unsafe.NETWORK_OP: with_node("DataServiceDatasetV4"),
    unsafe.DEVICE_OP: with_node("_Send"),
    unsafe.DEBUG_OP: with_node("DebugIdentityV2"),
    unsafe.NATIVE_OP: with_node("TRTEngineOp"),
    unsafe.ABORT_OP: with_node("Abort"),
    unsafe.CUSTOM_CALL: _module("custom_call.mlirbc"),
    unsafe.FOREIGN_OP: changed(_foreign),
    unsafe.FILE_NAME_IN_GRAPH: changed(_table),
    unsafe.TELLING_NAME: changed(_telling),
    unsafe.CODE_IN_GRAPH: changed(_program),
    unsafe.LONG_STRING: with_node("NoOp", _note=text("x" * (2 << 20))),
    unsafe.LAMBDA_CODE: with_config(_lambda),
    unsafe.PICKLE_IN_CONFIG: with_config(_torch),
    unsafe.CALLS_FUNCTION: _activation("os", "system"),
    unsafe.CUSTOM_OBJECT: _activation("my_package.layers", "gelu"),
    unsafe.PATH_IN_CONFIG: with_config(_vocabulary),
    unsafe.PATH_OF_ASSET: _from_file,
    unsafe.LINK: _linked,
    unsafe.UNEXPECTED_FILE: beside("notes.txt", b"x"),
    unsafe.PROGRAM: beside("assets/tool", b"\x7fELF" + bytes(60)),
    unsafe.PICKLE: beside("assets/state", pickle.dumps(_Exploit())),
    unsafe.ARCHIVE_INSIDE: beside("assets/more.zip", b"PK\x03\x04" + bytes(60)),
    unsafe.PATH_OUTSIDE: _member("../../evil.txt"),
    unsafe.CONTROL_CHARACTERS: beside("assets/a\x1b[2Jb", b"x"),
    unsafe.BOMB: _bomb,
    unsafe.MEMBER_TWICE: _twice,
    unsafe.BYTES_BETWEEN: _before,
    unsafe.SPECIAL_FILE: _pipe,
    unsafe.SOFT_LINK: _link(h5py.SoftLink("/model_weights")),
    unsafe.EXTERNAL_LINK: _link(h5py.ExternalLink("/etc/passwd", "/")),
    unsafe.EXTERNAL_STORAGE: changed_hdf5(_external),
    unsafe.VIRTUAL_DATASET: changed_hdf5(_virtual),
    unsafe.FILTER: changed_hdf5(_packed),
    unsafe.NO_NUMBERS: changed_hdf5(lambda file: file.create_dataset("texts", data=[b"a", b"b"])),
}


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_a_file_for_the_rule(rule: Rule, tmp_path: Path) -> None:
    check_case(rule, CASES[rule], tmp_path)


def test_no_exploit_ran(tmp_path: Path) -> None:
    assert pickle.dumps(_Exploit())  # what is looked at is one
    report = verify(CASES[unsafe.PICKLE](tmp_path))
    assert unsafe.PICKLE in rules_of(report)


@pytest.mark.parametrize(
    ("module", "name", "rule"),
    [
        ("keras.utils", "get_file", unsafe.CALLS_FUNCTION),
        ("keras.config", "enable_unsafe_deserialization", unsafe.CALLS_FUNCTION),
        ("keras.models", "load_model", unsafe.CALLS_FUNCTION),
        ("builtins", "eval", unsafe.CALLS_FUNCTION),
        ("builtins", "my_function", unsafe.CUSTOM_OBJECT),
        ("subprocess", "Popen", unsafe.CALLS_FUNCTION),
        ("tensorflow.io", "write_file", unsafe.CALLS_FUNCTION),
    ],
)
def test_names_in_configs(tmp_path: Path, module: str, name: str, rule: Rule) -> None:
    assert rule in rules_of(verify(_activation(module, name)(tmp_path)))


def test_a_member_that_is_a_link(tmp_path: Path) -> None:
    make = _member("assets/vocabulary.txt", b"/etc/passwd", stat.S_IFLNK | 0o777)
    assert unsafe.LINK in rules_of(verify(make(tmp_path)))


def test_printing_to_a_file_writes(tmp_path: Path) -> None:
    make = with_node("PrintV2", output_stream=text("file:///var/out"))
    assert unsafe.WRITING_OP in rules_of(verify(make(tmp_path)))
    (tmp_path / "b").mkdir()
    make = with_node("PrintV2", output_stream=text("stderr"))
    assert unsafe.WRITING_OP not in rules_of(verify(make(tmp_path / "b")))


@pytest.mark.parametrize("name", ["symbolic.mlirbc", "plain.mlirbc"])
def test_modules_that_only_compute(tmp_path: Path, name: str) -> None:
    report = verify(_module(name)(tmp_path))
    assert unsafe.CUSTOM_CALL not in rules_of(report)
    assert report.checked["StableHLO modules"] == 1
