"""Attribute values: Python values to `AttrValue` messages and back.

| kind | Python | AttrValue field |
|---|---|---|
| int, float, bool | int, float, bool | i, f, b |
| string | str (bytes where it is not UTF-8) | s |
| type | DType | type |
| shape | tuple of int or None; None for unknown rank | shape |
| tensor | NumPy array | tensor |
| func | Function | func |
| list(kind) | list | list |

Source: tensorflow/core/framework/attr_value.proto, tensor_util.make_tensor_proto.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from kerasfmt import dtypes, protos
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import as_bytes

_INT_FIELDS = {
    "int8": "int_val", "uint8": "int_val", "int16": "int_val", "uint16": "int_val", "int32": "int_val",
    "uint32": "uint32_val", "int64": "int64_val", "uint64": "uint64_val", "bool": "bool_val",
    "float32": "float_val", "float64": "double_val",
}  # fmt: skip


@lru_cache(maxsize=1024)
def encode_shape(shape: Shape) -> protos.TensorShapeProto:
    """The message for a shape; -1 stands for a dimension that is not known.

    Equal shapes share one message: it is copied into others, and never changed.
    """
    proto = protos.TensorShapeProto()
    if shape is None:
        proto.unknown_rank = True
        return proto
    for dim in shape:
        proto.dim.add().size = -1 if dim is None else dim
    return proto


def decode_shape(proto: protos.TensorShapeProto) -> Shape:
    """The shape that a message stands for."""
    if proto.unknown_rank:
        return None
    return tuple(None if d.size < 0 else d.size for d in proto.dim)


def encode_tensor(array: np.ndarray[Any, Any], dtype: DType) -> protos.TensorProto:
    """The message for a constant: packed bytes for several elements, a typed field for one.

    Source: tensorflow/python/framework/tensor_util.py, make_tensor_proto.
    """
    proto = protos.TensorProto(dtype=dtype.enum, tensor_shape=encode_shape(array.shape))
    if dtype is dtypes.string:
        proto.string_val.extend(as_bytes(array).ravel().tolist())
    elif array.size == 1 and dtype.name in _INT_FIELDS and not _is_nan(array):
        getattr(proto, _INT_FIELDS[dtype.name]).append(array.item())
    elif array.size == 1 and dtype.name in ("float16", "bfloat16"):
        proto.half_val.append(int(array.view(np.uint16).item()))
    else:
        proto.tensor_content = np.ascontiguousarray(array, dtype=dtype.numpy).tobytes()
    return proto


def _is_nan(array: np.ndarray[Any, Any]) -> bool:
    """Whether the one element is NaN, whose bits only bytes preserve."""
    return array.dtype.kind == "f" and bool(np.isnan(array).any())


def decode_tensor(proto: protos.TensorProto) -> np.ndarray[Any, Any]:
    """The array that a message stands for; the last element is repeated for missing ones, as in TensorFlow.

    Raises:
      GraphError: the message does not fit its shape and dtype.
    """
    dtype = dtypes.of(proto.dtype)
    shape = tuple(d.size for d in proto.tensor_shape.dim)
    size = math.prod(shape)
    if proto.tensor_shape.unknown_rank or any(d < 0 for d in shape) or size > 2**31:
        raise GraphError(f"constant of shape {shape}: the shape is not known, or too large for a graph")
    if proto.tensor_content:
        if len(proto.tensor_content) != size * dtype.itemsize:
            raise GraphError(f"constant of shape {shape}: holds {len(proto.tensor_content)} bytes")
        return np.frombuffer(proto.tensor_content, dtype=dtype.numpy).reshape(shape)
    if not size:
        return np.empty(shape, dtype.numpy)
    if dtype is dtypes.string:
        values: list[Any] = list(proto.string_val) or [b""]
    elif dtype.name in ("float16", "bfloat16"):
        halves = np.array(list(proto.half_val), dtype=np.uint16).view(dtype.numpy)
        return _fill(halves, size, shape)
    elif dtype.is_complex:
        parts = list(proto.scomplex_val if dtype is dtypes.complex64 else proto.dcomplex_val)
        values = [complex(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    elif dtype.name in _INT_FIELDS:
        values = list(getattr(proto, _INT_FIELDS[dtype.name]))
    else:
        raise GraphError(f"constant of dtype {dtype.name}: cannot be read")
    return _fill(np.array(values, dtype=dtype.numpy), size, shape)


def _fill(values: np.ndarray[Any, Any], size: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    if len(values) > size:
        raise GraphError(f"constant of shape {shape}: holds {len(values)} elements")
    if len(values) < size:
        last = values[-1:] if len(values) else np.zeros(1, values.dtype)
        values = np.concatenate([values, np.repeat(last, size - len(values))])
    return values.reshape(shape)


def _to_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(value).encode()


def decode_attr(proto: protos.AttrValue) -> Any:
    """The Python value of an attribute; a function is given by its name."""
    kind = proto.WhichOneof("value")
    if kind == "list":
        items = proto.list
        for field in ("s", "i", "f", "b", "type", "shape", "tensor", "func"):
            found = getattr(items, field)
            if len(found):
                return [_decode_scalar(field, v) for v in found]
        return []
    return None if kind is None else _decode_scalar(kind, getattr(proto, kind))


def _decode_scalar(kind: str, value: Any) -> Any:
    if kind == "s":
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if kind == "type":
        return dtypes.of(value)
    if kind == "shape":
        return decode_shape(value)
    if kind == "tensor":
        return decode_tensor(value)
    if kind == "func":
        return value.name
    return value


def encode_attr(kind: str, value: Any, dtype: DType | None = None) -> protos.AttrValue:
    """The message for an attribute of a kind such as "int" or "list(type)"; a tensor attribute has `dtype`."""
    proto = protos.AttrValue()
    if kind.startswith("list("):
        proto.list.SetInParent()
        _encode_list(proto.list, kind[5:-1], value)
    elif kind == "int":
        proto.i = int(value)
    elif kind == "float":
        proto.f = float(value)
    elif kind == "bool":
        proto.b = bool(value)
    elif kind == "string":
        proto.s = _to_bytes(value)
    elif kind == "type":
        proto.type = value.enum
    elif kind == "shape":
        proto.shape.CopyFrom(encode_shape(value))
    elif kind == "tensor":
        proto.tensor.CopyFrom(encode_tensor(value, dtype or dtypes.of(value.dtype)))
    elif kind == "func":
        proto.func.name = value if isinstance(value, str) else value.name
    else:
        raise GraphError(f"attribute kind {kind}: cannot be written")
    return proto


def _encode_list(proto: protos.AttrValue.ListValue, kind: str, values: Iterable[Any]) -> None:
    if kind == "int":
        proto.i.extend(int(v) for v in values)
    elif kind == "float":
        proto.f.extend(float(v) for v in values)
    elif kind == "bool":
        proto.b.extend(bool(v) for v in values)
    elif kind == "string":
        proto.s.extend(_to_bytes(v) for v in values)
    elif kind == "type":
        proto.type.extend(v.enum for v in values)
    elif kind == "shape":
        proto.shape.extend(encode_shape(v) for v in values)
    elif kind == "func" and not list(values):
        pass
    else:
        raise GraphError(f"attribute kind list({kind}): cannot be written")
