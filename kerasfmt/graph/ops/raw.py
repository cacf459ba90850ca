"""Numbers in bytes, bytes in base64, and serialized tensors.

Source: tensorflow/core/kernels/decode_raw_op.cc, decode_padded_raw_op.cc, base64_ops.cc, parse_tensor_op.cc.
"""

from __future__ import annotations

import base64
import binascii
import string
from typing import Final

import numpy as np
from google.protobuf.message import DecodeError

from kerasfmt import protos
from kerasfmt.graph.attr_values import decode_tensor
from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import string_array, strings_of
from kerasfmt.graph.value import Value

_ALPHABET: Final = frozenset((string.ascii_letters + string.digits + "-_").encode())


def _decode_raw(attrs: Attrs, data: Array) -> list[Array]:
    size = len(strings_of(data)[0]) if data.size else 0
    return [_rows_of_bytes(attrs, data, size, exact=True)]


def _decode_padded(attrs: Attrs, data: Array, length: Array) -> list[Array]:
    return [_rows_of_bytes(attrs, data, int(length), exact=False)]


def _rows_of_bytes(attrs: Attrs, data: Array, size: int, exact: bool) -> Array:
    """Strings as rows of numbers, each of as many bytes."""
    dtype = attrs["out_type"].numpy.newbyteorder("<" if attrs["little_endian"] else ">")
    if size < 0 or size % dtype.itemsize:
        raise ValueError(f"expected a multiple of {dtype.itemsize} bytes, got {size}")
    texts = strings_of(data)
    if exact and any(len(text) != size for text in texts):
        raise ValueError(f"expected strings of {size} bytes each, got others")
    joined = b"".join(text[:size].ljust(size, b"\0") for text in texts)
    rows = np.frombuffer(joined, dtype).astype(attrs["out_type"].numpy)
    return rows.reshape(*data.shape, size // dtype.itemsize)


def _with_last(attrs: Attrs, data: Value, *_: Value) -> list[Shape]:
    return [None if data.shape is None else (*data.shape, None)]


declare("DecodeRaw", _with_last, _decode_raw)
declare("DecodePaddedRaw", _with_last, _decode_padded)


def _encode64(attrs: Attrs, data: Array) -> list[Array]:
    found = [base64.urlsafe_b64encode(text) for text in strings_of(data)]
    return [string_array([each if attrs["pad"] else each.rstrip(b"=") for each in found], data.shape)]


def _decode64(attrs: Attrs, data: Array) -> list[Array]:
    found = []
    for text in strings_of(data):
        bare = text.rstrip(b"=")
        if not set(bare) <= _ALPHABET:
            raise ValueError(f"expected base64 in the alphabet of URLs, got {text!r:.80}")
        try:
            found.append(base64.b64decode(bare + b"=" * (-len(bare) % 4), b"-_"))
        except binascii.Error as error:
            raise ValueError(f"expected base64, got {text!r:.80}: {error}") from error
    return [string_array(found, data.shape)]


declare("EncodeBase64", same_shape, _encode64)
declare("DecodeBase64", same_shape, _decode64)


def _parse_tensor(attrs: Attrs, serialized: Array) -> list[Array]:
    try:
        message = protos.TensorProto.FromString(bytes(serialized[()]))
    except DecodeError as error:
        raise ValueError(f"expected a serialized tensor: {error}") from error
    found = decode_tensor(message)
    if found.dtype != attrs["out_type"].numpy:
        raise ValueError(f"expected a tensor of {attrs['out_type'].name}, got {found.dtype}")
    return [found]


declare("ParseTensor", lambda attrs, serialized: [None], _parse_tensor)
