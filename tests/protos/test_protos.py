from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kerasfmt import protos
from kerasfmt.errors import CorruptFileError

ROOT = Path(__file__).resolve().parents[2]


def test_every_attribute_exists_and_is_in_the_stub() -> None:
    stub = (ROOT / "kerasfmt" / "protos" / "__init__.pyi").read_text()
    for name in set(dir(protos)) - {"Message", "parse", "serialize"}:
        assert getattr(protos, name) is getattr(protos, name)
        assert f"class {name}(Message):" in stub or f"{name}: Enum" in stub


def test_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match="NoSuchMessage"):
        protos.NoSuchMessage  # type: ignore[attr-defined]  # noqa: B018


def test_messages_and_enums_work() -> None:
    node = protos.NodeDef(name="x", op="Const")
    node.attr["dtype"].type = protos.DataType.Value("DT_FLOAT")
    node.attr["list"].list.CopyFrom(protos.AttrValue.ListValue(i=[1, 2]))
    parsed = protos.NodeDef.FromString(protos.serialize(node))
    assert parsed.attr["dtype"].type == 1
    assert list(parsed.attr["list"].list.i) == [1, 2]
    info = protos.MetaGraphDef.MetaInfoDef(tags=["serve"])
    assert list(protos.MetaGraphDef(meta_info_def=info).meta_info_def.tags) == ["serve"]
    assert protos.BundleHeaderProto.BIG == 1


def test_keras_messages_do_not_shadow_tensorflows() -> None:
    assert "producer" in protos.VersionDef.DESCRIPTOR.fields_by_name
    assert protos.KerasVersionDef.DESCRIPTOR.full_name == "third_party.py.keras.protobuf.VersionDef"
    metadata = protos.KerasSavedMetadata()
    metadata.nodes.add(node_id=3).version.producer = 2
    assert protos.serialize(metadata) == bytes.fromhex("0a06 1003 3202 0802")


def test_serialization_is_deterministic() -> None:
    keys = [f"key{number}" for number in range(50)]
    forward, backward = protos.NodeDef(), protos.NodeDef()
    for key in keys:
        forward.attr[key].i = 1
    for key in reversed(keys):
        backward.attr[key].i = 1
    assert protos.serialize(forward) == protos.serialize(backward)


def test_unknown_fields_survive() -> None:
    unknown = bytes.fromhex("f2 87 01 03 61 62 63")  # field 2174, 3 bytes: "abc"
    data = protos.serialize(protos.NodeDef(name="x")) + unknown
    assert protos.serialize(protos.NodeDef.FromString(data)) == data


def test_parse_names_the_place() -> None:
    with pytest.raises(
        CorruptFileError, match=r"model\.pb, node 3: expected a serialized NodeDef of 2 bytes"
    ):
        protos.parse(protos.NodeDef, b"\x0a\xff", "model.pb, node 3")
    assert protos.parse(protos.NodeDef, b"\x0a\x01x", "model.pb").name == "x"


def test_committed_files_are_current() -> None:
    pytest.importorskip("grpc_tools")
    tool = ROOT / "tools" / "compile_protos.py"
    done = subprocess.run([sys.executable, str(tool), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_proto_names_its_upstream() -> None:
    for path in (ROOT / "proto").glob("*.proto"):
        assert path.read_text().startswith("// Upstream: "), path.name
