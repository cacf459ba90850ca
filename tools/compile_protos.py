"""Compile proto/*.proto into kerasfmt/protos: the descriptor set, and the stub that types the messages.

Run from the repository root with grpcio-tools installed: `python tools/compile_protos.py`.
With `--check` nothing is written; the exit status says whether the committed files are current.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorSet

ROOT = Path(__file__).resolve().parent.parent
PROTO_DIR = ROOT / "proto"
PACKAGE_DIR = ROOT / "kerasfmt" / "protos"

# Upstream package -> what is put before a message's name in kerasfmt.protos.
PREFIXES = {"tensorflow": "", "third_party.py.keras.protobuf": "Keras", "google.protobuf": ""}

STUB_HEAD = """\
# Written by tools/compile_protos.py from proto/*.proto; do not edit.
# ruff: noqa
# fmt: off
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, MutableSequence
from typing import Any as _Any
from typing import TypeVar, overload

from typing_extensions import Self

_T = TypeVar("_T")
_K = TypeVar("_K")
_M = TypeVar("_M", bound="Message")
_MessageT = TypeVar("_MessageT", bound="Message")

class Message:
    DESCRIPTOR: _Any
    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...
    def ParseFromString(self, serialized: bytes) -> int: ...
    def MergeFromString(self, serialized: bytes) -> int: ...
    @classmethod
    def FromString(cls, serialized: bytes) -> Self: ...
    def CopyFrom(self, other: Self) -> None: ...
    def MergeFrom(self, other: Self) -> None: ...
    def HasField(self, field_name: str) -> bool: ...
    def ClearField(self, field_name: str) -> None: ...
    def WhichOneof(self, oneof_group: str) -> str | None: ...
    def ListFields(self) -> list[tuple[_Any, _Any]]: ...
    def ByteSize(self) -> int: ...
    def Clear(self) -> None: ...
    def SetInParent(self) -> None: ...
    def IsInitialized(self) -> bool: ...

class Repeated(MutableSequence[_T]):
    def MergeFrom(self, other: Iterable[_T]) -> None: ...
    def sort(self, *, key: _Any = ..., reverse: bool = ...) -> None: ...
    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> list[_T]: ...
    def __setitem__(self, index: _Any, value: _Any) -> None: ...
    def __delitem__(self, index: _Any) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[_T]: ...
    def insert(self, index: int, value: _T) -> None: ...

class RepeatedMessage(Repeated[_M]):
    def add(self, **fields: _Any) -> _M: ...

class ScalarMap(MutableMapping[_K, _T]):
    def __getitem__(self, key: _K) -> _T: ...
    def __setitem__(self, key: _K, value: _T) -> None: ...
    def __delitem__(self, key: _K) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[_K]: ...

class MessageMap(Mapping[_K, _M]):
    def __getitem__(self, key: _K) -> _M: ...
    def __delitem__(self, key: _K) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[_K]: ...
    def get_or_create(self, key: _K) -> _M: ...
    def clear(self) -> None: ...

class Enum:
    def Name(self, number: int) -> str: ...
    def Value(self, name: str) -> int: ...
    def keys(self) -> list[str]: ...
    def values(self) -> list[int]: ...
    def items(self) -> list[tuple[str, int]]: ...
    def __getattr__(self, name: str) -> int: ...

def serialize(message: Message) -> bytes: ...
def parse(kind: type[_MessageT], data: bytes, where: str) -> _MessageT: ...
"""

_F = FieldDescriptorProto
_SCALARS = {_F.TYPE_DOUBLE: "float", _F.TYPE_FLOAT: "float", _F.TYPE_BOOL: "bool"}
_SCALARS |= {_F.TYPE_STRING: "str", _F.TYPE_BYTES: "bytes"}


def compile_descriptors() -> bytes:
    """The serialized FileDescriptorSet of every file in proto/, imports first, without source comments."""
    from grpc_tools import protoc  # type: ignore[import-untyped]

    include = Path(protoc.__file__).parent / "_proto"
    sources = sorted(path.name for path in PROTO_DIR.glob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "descriptors.binpb"
        arguments = ["protoc", f"-I{PROTO_DIR}", f"-I{include}", "--include_imports"]
        status = protoc.main([*arguments, f"--descriptor_set_out={out}", *sources])
        if status:
            raise SystemExit(f"protoc failed with status {status}")
        return out.read_bytes()


def python_names(files: FileDescriptorSet) -> dict[str, str]:
    """A dotted Python name in kerasfmt.protos for every fully qualified message name."""
    names: dict[str, str] = {}

    def visit(message: DescriptorProto, full: str, python: str) -> None:
        names[full] = python
        for nested in message.nested_type:
            visit(nested, f"{full}.{nested.name}", f"{python}.{nested.name}")

    for file in files.file:
        for message in file.message_type:
            visit(message, f".{file.package}.{message.name}", PREFIXES[file.package] + message.name)
    return names


def write_stub(files: FileDescriptorSet) -> str:
    """The text of kerasfmt/protos/__init__.pyi."""
    names = python_names(files)
    lines = [STUB_HEAD]
    for file in files.file:
        for enum in file.enum_type:
            lines += [f"{PREFIXES[file.package]}{enum.name}: Enum", ""]
        for message in file.message_type:
            prefix = PREFIXES[file.package]
            lines += [*_stub_message(message, prefix + message.name, names, ""), ""]
    return "\n".join(lines)


def _stub_message(message: DescriptorProto, name: str, names: dict[str, str], indent: str) -> Iterator[str]:
    inner = indent + "    "
    yield f"{indent}class {name}(Message):"
    maps = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
    for nested in message.nested_type:
        if nested.name not in maps:
            yield from _stub_message(nested, nested.name, names, inner)
    for enum in message.enum_type:
        yield f"{inner}{enum.name}: Enum"
        yield from (f"{inner}{value.name}: int" for value in enum.value)
    arguments = []
    for field in message.field:
        stored, accepted = _field_types(field, maps, names)
        arguments.append(f"{field.name}: {accepted} = ...")
        if field.type == _F.TYPE_MESSAGE or field.label == _F.LABEL_REPEATED:
            yield f"{inner}@property"
            yield f"{inner}def {field.name}(self) -> {stored}: ..."
        else:
            yield f"{inner}{field.name}: {stored}"
    yield f"{inner}def __init__(self, {'*, ' if arguments else ''}{', '.join(arguments)}) -> None: ..."


def _field_types(
    field: FieldDescriptorProto, maps: dict[str, DescriptorProto], names: dict[str, str]
) -> tuple[str, str]:
    """What reading the field gives, and what the constructor accepts for it."""
    repeated = field.label == _F.LABEL_REPEATED
    if field.type == _F.TYPE_MESSAGE:
        entry = maps.get(field.type_name.rsplit(".", 1)[-1]) if repeated else None
        if entry is not None:
            key, _ = _field_types(entry.field[0], {}, names)
            value, _ = _field_types(entry.field[1], {}, names)
            kind = "MessageMap" if entry.field[1].type == _F.TYPE_MESSAGE else "ScalarMap"
            return f"{kind}[{key}, {value}]", f"Mapping[{key}, {value}]"
        python = names[field.type_name]
        if repeated:
            return f"RepeatedMessage[{python}]", f"Iterable[{python}]"
        return python, f"{python} | None"
    scalar = _SCALARS.get(field.type, "int")
    return (f"Repeated[{scalar}]", f"Iterable[{scalar}]") if repeated else (scalar, f"{scalar} | None")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    check = parser.parse_args().check
    compiled = compile_descriptors()
    stub = write_stub(descriptor_pb2.FileDescriptorSet.FromString(compiled))
    status = 0
    for path, data in (("descriptors.binpb", compiled), ("__init__.pyi", stub.encode())):
        target = PACKAGE_DIR / path
        if check and (not target.exists() or target.read_bytes() != data):
            print(f"{target.relative_to(ROOT)} is stale; run python tools/compile_protos.py", file=sys.stderr)
            status = 1
        elif not check:
            target.write_bytes(data)
    return status


if __name__ == "__main__":
    sys.exit(main())
