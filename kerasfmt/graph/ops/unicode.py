"""Ops between strings in UTF-8 and the code points of their characters.

A ragged matrix holds the code points: flat values, and the places at which rows begin and end.

Source: tensorflow/core/kernels/unicode_ops.cc.
"""

from __future__ import annotations

import itertools
import re

import numpy as np

from kerasfmt.graph.emit import emit, emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, with_rank
from kerasfmt.graph.ops.ragged import row_numbers
from kerasfmt.graph.sizes import int32
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import string_array, strings_of
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override

_UTF8 = "UTF-8"
_LAST = 0x10FFFF
_SURROGATES = re.compile("[\ud800-\udfff]")
_BAD = -1
"""Stands for bytes that are not UTF-8 in a list of code points."""


def _code_points(text: bytes) -> tuple[list[int], list[int]]:
    """The code points of a text, and where each begins; one _BAD for each longest part of a broken character."""
    shown = text.decode("utf-8", "surrogateescape")
    points = np.frombuffer(shown.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    bad = (points >= 0xDC80) & (points <= 0xDCFF)
    widths = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)
    widths[bad] = 1
    starts = np.cumsum(widths) - widths
    found, places = points.tolist(), starts.tolist()
    if not bad.any():
        return found, places
    kept_points, kept_places, index = [], [], 0
    while index < len(found):
        kept_places.append(places[index])
        if bad[index]:
            kept_points.append(_BAD)
            index += _broken(text, places[index])
        else:
            kept_points.append(found[index])
            index += 1
    return kept_points, kept_places


def _broken(text: bytes, at: int) -> int:
    """The number of bytes of a broken character that begin as a character could.

    Source: The Unicode Standard 15.0, section 3.9, "U+FFFD Substitution of Maximal Subparts".
    """
    lead, *rest = text[at : at + 4]
    if not 0xE0 <= lead <= 0xF4 or not rest:
        return 1
    low = {0xE0: 0xA0, 0xF0: 0x90}.get(lead, 0x80)
    high = {0xED: 0x9F, 0xF4: 0x8F}.get(lead, 0xBF)
    if not low <= rest[0] <= high:
        return 1
    return 3 if lead >= 0xF0 and len(rest) > 1 and 0x80 <= rest[1] <= 0xBF else 2


def _decode(attrs: Attrs, x: Array) -> tuple[Array, Array, Array]:
    """The row splits, code points and offsets of a vector of strings."""
    if attrs["input_encoding"] != _UTF8:
        raise ValueError(f"input_encoding: expected {_UTF8}, got {attrs['input_encoding']!r}")
    errors, controls = attrs["errors"], attrs["replace_control_characters"]
    values: list[int] = []
    offsets: list[int] = []
    counts = [0]
    for text in strings_of(x):
        points, places = _code_points(text)
        if errors == "strict" and _BAD in points:
            raise ValueError(f"a string is not UTF-8: {text[:80]!r}")
        wrong = [point == _BAD or (controls and point <= 0x1F) for point in points]
        if errors == "ignore" and any(wrong):
            points = [point for point, out in zip(points, wrong, strict=True) if not out]
            places = [place for place, out in zip(places, wrong, strict=True) if not out]
        elif any(wrong):
            replacement = attrs["replacement_char"]
            points = [replacement if out else point for point, out in zip(points, wrong, strict=True)]
        values += points
        offsets += places
        counts.append(len(values))
    splits = np.array(counts, attrs["Tsplits"].numpy)
    return splits, np.array(values, np.int32), np.array(offsets, np.int64)


def _infer_decode(attrs: Attrs, x: Value, outputs: int) -> list[Shape]:
    count = None
    if x.shape is not None:
        count = 1
        for size in x.shape:
            count = None if count is None or size is None else count * size
    return [(None if count is None else count + 1,), *[(None,)] * (outputs - 1)]


@register("UnicodeDecode")
class UnicodeDecode(Op):
    """The code points of strings, as a ragged matrix: row splits and values."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value) -> list[Shape]:
        return _infer_decode(attrs, x, 2)

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        splits, values, _ = _decode(attrs, x)
        return [splits, values]


@register("UnicodeDecodeWithOffsets")
class UnicodeDecodeWithOffsets(Op):
    """The code points of strings, as a ragged matrix, and the byte at which each begins."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value) -> list[Shape]:
        return _infer_decode(attrs, x, 3)

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        return list(_decode(attrs, x))


def unicode_decode(x: Value) -> tuple[Value, ...]:
    """The code points of strings in UTF-8 (n,): row splits int64 (n + 1,) and values int32 (count,).

    U+FFFD stands for what is not UTF-8.

    Source: tf.strings.unicode_decode.
    """
    return emit("UnicodeDecode", x, input_encoding=_UTF8)


@register("UnicodeEncode")
class UnicodeEncode(Op):
    """Strings from the code points of a ragged matrix."""

    @staticmethod
    @override
    def infer(attrs: Attrs, values: Value, splits: Value) -> list[Shape]:
        with_rank(values, 1)
        (count,) = with_rank(splits, 1)
        return [(None if count is None else count - 1,)]

    @staticmethod
    @override
    def run(attrs: Attrs, values: Array, splits: Array) -> list[Array]:
        if attrs["output_encoding"] != _UTF8:
            raise ValueError(f"output_encoding: expected {_UTF8}, got {attrs['output_encoding']!r}")
        row_numbers(splits, len(values))
        valid = _is_character(values)
        if attrs["errors"] == "strict" and not valid.all():
            raise ValueError(f"{values[~valid][0]} is not the code point of a character")
        dropping = attrs["errors"] == "ignore"
        points = values if dropping else np.where(valid, values, attrs["replacement_char"])
        texts = ["" if not 0 <= point <= _LAST else chr(point) for point in points.tolist()]
        rows = itertools.pairwise(splits.tolist())
        made = [_SURROGATES.sub("\ufffd", "".join(texts[start:end])).encode() for start, end in rows]
        return [string_array(made, (len(splits) - 1,))]


def _is_character(points: Array) -> Array:
    """Whether each number is the code point of a character, as ICU's U_IS_UNICODE_CHAR says."""
    surrogate = (points >= 0xD800) & (points <= 0xDFFF)
    unused = ((points >= 0xFDD0) & (points <= 0xFDEF)) | ((points & 0xFFFE) == 0xFFFE)
    found: Array = (points >= 0) & (points <= _LAST) & ~surrogate & ~unused
    return found


def unicode_encode(values: Value, splits: Operand) -> Value:
    """Strings in UTF-8 (n,) from code points.

    Args:
      values: int32 (count,), the code points of all strings.
      splits: int64 (n + 1,), where each string begins, and where the last one ends.

    Source: tf.strings.unicode_encode.
    """
    return emit_one("UnicodeEncode", values, splits, output_encoding=_UTF8)


def unicode_split(x: Value) -> tuple[Value, Value]:
    """The characters of strings in UTF-8 (n,): row splits int64 (n + 1,), and strings (count,).

    Source: tf.strings.unicode_split.
    """
    from kerasfmt.graph.ops.array import cast
    from kerasfmt.graph.ops.sequence import range_
    from kerasfmt.graph.ops.shaping import size

    splits, values = unicode_decode(x)
    ends = range_(0, size(values) + int32(1))
    return splits, unicode_encode(values, cast(ends, splits.dtype))
