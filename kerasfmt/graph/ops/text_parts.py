"""Parts of strings, strings joined along axes, and whether a pattern matches.

Source: tensorflow/core/kernels/substr_op.cc, reduce_join_op.cc, regex_full_match_op.cc.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, normalize_axis
from kerasfmt.graph.ops.regex import full_matches
from kerasfmt.graph.spec import Shape, broadcast_shapes
from kerasfmt.graph.strings import string_array, strings_of
from kerasfmt.graph.value import Value


def _as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _cut(text: bytes, start: int, length: int, in_characters: bool) -> bytes:
    if not in_characters:
        size = len(text)
        begin = start + size if start < 0 else start
        if not 0 <= begin <= size:
            raise ValueError(f"position {start} is out of range for a string of {size} bytes")
        return text[begin : begin + max(length, 0)]
    characters = text.decode("utf-8", "surrogateescape")
    size = len(characters)
    begin = start + size if start < 0 else start
    if not 0 <= begin <= size:
        raise ValueError(f"position {start} is out of range for a string of {size} characters")
    return characters[begin : begin + max(length, 0)].encode("utf-8", "surrogateescape")


def _substr(attrs: Attrs, x: Array, start: Array, length: Array) -> list[Array]:
    texts, starts, lengths = np.broadcast_arrays(x, start, length)
    characters = attrs["unit"] == "UTF8_CHAR"
    items = zip(strings_of(texts), starts.ravel().tolist(), lengths.ravel().tolist(), strict=True)
    return [string_array([_cut(*item, characters) for item in items], texts.shape)]


declare(
    "Substr",
    lambda attrs, x, start, length: [broadcast_shapes(x.shape, start.shape)],
    _substr,
)


def _reduce_join(attrs: Attrs, x: Array, axes: Array) -> list[Array]:
    if not axes.size:
        return [x]
    joined = [normalize_axis(int(axis), x.ndim) for axis in axes.ravel()]
    kept = [axis for axis in range(x.ndim) if axis not in joined]
    # The first of the axes is the one along which neighbours are joined.
    moved = np.transpose(x, [*kept, *reversed(joined)])
    shape = tuple(x.shape[axis] for axis in kept)
    rows = moved.reshape(int(np.prod(shape, dtype=np.int64)), -1)
    separator = _as_bytes(attrs["separator"])
    out = string_array([separator.join(row) for row in rows.tolist()], shape)
    if attrs["keep_dims"]:
        out = out.reshape([x.shape[axis] if axis in kept else 1 for axis in range(x.ndim)])
    return [out]


declare("ReduceJoin", lambda attrs, x, axes: [None], _reduce_join)


def _infer_match(attrs: Attrs, x: Value, pattern: Value) -> list[Shape]:
    return [x.shape]


declare("RegexFullMatch", _infer_match, lambda attrs, x, pattern: [full_matches(x, pattern.item())])
