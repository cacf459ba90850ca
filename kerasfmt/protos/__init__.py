"""TensorFlow's and Keras's protobuf messages, served from a private descriptor pool.

Every top-level message of `proto/*.proto` is an attribute of this module: `protos.SavedModel`,
`protos.AttrValue` (nested messages hang off it: `protos.AttrValue.ListValue`), and so is every top-level
enum: `protos.DataType`. Keras's messages carry a prefix, because two of their names are TensorFlow's too:
`protos.KerasSavedMetadata`, `protos.KerasSavedObject`, `protos.KerasVersionDef`.

The pool is private so that nothing is registered twice when TensorFlow is in the same process. Classes are
made on first use. `descriptors.binpb` is written by `tools/compile_protos.py`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal import api_implementation
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import DecodeError, Message

from kerasfmt.errors import CorruptFileError
from kerasfmt.protos.map_order import in_upb_order

_KERAS_PACKAGE = "third_party.py.keras.protobuf"
_MessageT = TypeVar("_MessageT", bound=Message)


@lru_cache(maxsize=1)
def _pool() -> tuple[descriptor_pool.DescriptorPool, dict[str, str]]:
    """The private pool, and the fully qualified name of each attribute of this module."""
    files = descriptor_pb2.FileDescriptorSet.FromString(
        Path(__file__).with_name("descriptors.binpb").read_bytes()
    )
    pool = descriptor_pool.DescriptorPool()
    names: dict[str, str] = {}
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
        prefix = "Keras" if file.package == _KERAS_PACKAGE else ""
        for symbol in (*file.message_type, *file.enum_type):
            names[prefix + symbol.name] = f"{file.package}.{symbol.name}"
    return pool, names


def serialize(message: Message) -> bytes:
    """The bytes of `message`: the same message gives the same bytes with every runtime of protobuf."""
    data: bytes = message.SerializeToString(deterministic=True)
    return data if api_implementation.Type() == "upb" else in_upb_order(data, message.DESCRIPTOR)


def parse(kind: type[_MessageT], data: bytes, where: str) -> _MessageT:
    """The message of class `kind` that `data` holds.

    Args:
      kind: a message class of this module.
      data: the serialized message.
      where: what errors begin with: a file, and a part of it.

    Raises:
      CorruptFileError: `data` is not such a message.
    """
    try:
        parsed: _MessageT = kind.FromString(data)
    except DecodeError as error:
        raise CorruptFileError(
            f"{where}: expected a serialized {kind.DESCRIPTOR.name} of {len(data)} bytes: {error}; "
            "the file is damaged"
        ) from error
    return parsed


def _message_class(descriptor: Any) -> Any:
    """The class of a message, with the classes of its nested messages as attributes.

    The classes of protobuf's pure-Python runtime lack these attributes; its C runtimes set them.
    """
    message = message_factory.GetMessageClass(descriptor)
    for nested in descriptor.nested_types:
        if not hasattr(message, nested.name):
            setattr(message, nested.name, _message_class(nested))
    return message


def __getattr__(name: str) -> Any:
    """The message class or the enum called `name`, made on first use."""
    pool, names = _pool()
    full = names.get(name)
    if full is None:
        raise AttributeError(f"kerasfmt.protos has no message or enum {name!r}")
    try:
        value: Any = _message_class(pool.FindMessageTypeByName(full))
    except KeyError:
        value = EnumTypeWrapper(pool.FindEnumTypeByName(full))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Every public attribute, including those that are not made yet."""
    return sorted({*_pool()[1], "Message", "parse", "serialize"})
