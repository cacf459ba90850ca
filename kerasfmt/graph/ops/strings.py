"""Ops on strings, one by one: letters, lengths, numbers.

Source: tensorflow/core/ops/string_ops.cc; tensorflow/core/kernels/as_string_op.cc, string_lower_op.cc,
string_length_op.cc, string_to_number_op.cc; tensorflow/core/platform/numbers.cc.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.ops.declare import Array, Attrs, Kernel, declare, same_shape, widen
from kerasfmt.graph.strings import string_array, strings_of
from kerasfmt.graph.value import Value

_FILLS: Final = ("", " ", "+", "-", "0", "#")


def _as_string(attrs: Attrs, x: Array) -> list[Array]:
    write = _formatter(attrs, x.dtype.kind)
    items = [write(item) for item in widen(x).ravel().tolist()]
    return [string_array([item.encode() for item in items], x.shape)]


def _formatter(attrs: Attrs, kind: str) -> Callable[[Any], str]:
    """What writes a number as C's printf does, from the attributes of AsString."""
    if kind == "b":
        return lambda item: "true" if item else "false"
    if attrs["fill"] not in _FILLS:
        raise ValueError(f"fill: expected one of {_FILLS}, got {attrs['fill']!r}")
    width = f"{attrs['fill']}{attrs['width']}" if attrs["width"] > -1 else ""
    if kind in "iu":
        if attrs["precision"] > -1 or attrs["scientific"] or attrs["shortest"]:
            raise ValueError("integers have no precision, and no scientific or shortest form")
        return f"%{width}d".__mod__
    if attrs["scientific"] and attrs["shortest"]:
        raise ValueError("expected one of scientific and shortest, got both")
    precision = f".{attrs['precision']}" if attrs["precision"] > -1 else ""
    form = f"%{width}{precision}{'g' if attrs['shortest'] else 'e' if attrs['scientific'] else 'f'}"
    if kind == "c":
        return lambda item: f"({form % item.real},{form % item.imag})"
    return form.__mod__


declare("AsString", same_shape, _as_string)


def as_string(x: Value) -> Value:
    """Each number as a decimal: string, in the shape of `x`. Source: tf.strings.as_string."""
    return emit_one("AsString", x)


def _cased(ascii_only: Callable[[bytes], bytes], full: Callable[[str], str]) -> Kernel:
    def run(attrs: Attrs, x: Array) -> list[Array]:
        encoding = attrs["encoding"]
        if encoding not in ("", "utf-8"):
            raise ValueError(f"encoding: expected utf-8 or none, got {encoding!r}")
        if not encoding:
            return [string_array(list(map(ascii_only, strings_of(x))), x.shape)]
        # TensorFlow hands texts to ICU as C strings, which end at a zero.
        heads = [text.partition(b"\0")[0].decode(errors="replace") for text in strings_of(x)]
        return [string_array([full(head).encode() for head in heads], x.shape)]

    return run


declare("StringLower", same_shape, _cased(bytes.lower, str.lower))
declare("StringUpper", same_shape, _cased(bytes.upper, str.upper))


def string_lower(x: Value, encoding: str = "") -> Value:
    """The strings in lower case; of letters beyond ASCII only with the encoding "utf-8". Source: tf.strings.lower."""
    return emit_one("StringLower", x, encoding=encoding)


def string_upper(x: Value, encoding: str = "") -> Value:
    """The strings in upper case; of letters beyond ASCII only with the encoding "utf-8". Source: tf.strings.upper."""
    return emit_one("StringUpper", x, encoding=encoding)


def _strip(attrs: Attrs, x: Array) -> list[Array]:
    return [string_array([text.strip() for text in strings_of(x)], x.shape)]


declare("StringStrip", same_shape, _strip)


def string_strip(x: Value) -> Value:
    """The strings without ASCII whitespace at both ends. Source: tf.strings.strip."""
    return emit_one("StringStrip", x)


_CONTINUATION: Final = bytes(range(0x80, 0xC0))


def _length(attrs: Attrs, x: Array) -> list[Array]:
    texts = strings_of(x)
    if attrs["unit"] == "UTF8_CHAR":
        texts = [text.translate(None, _CONTINUATION) for text in texts]
    return [np.array([len(text) for text in texts], np.int32).reshape(x.shape)]


declare("StringLength", same_shape, _length)


def string_length(x: Value, unit: str = "BYTE") -> Value:
    """The length of each string in bytes, or with the unit "UTF8_CHAR" in characters: int32.

    Source: tf.strings.length.
    """
    return emit_one("StringLength", x, unit=unit)


_INTEGER: Final = re.compile(rb"\s*(-?[0-9]+)\s*")
_FLOAT: Final = re.compile(
    rb"\s*([+-]?(?:[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|inf|nan))\s*",
    re.IGNORECASE,
)
_HEXADECIMAL: Final = re.compile(rb"\s*([+-]?0[xX][0-9a-fA-F]+)\s*")


def _to_number(attrs: Attrs, x: Array) -> list[Array]:
    dtype = attrs["out_type"]
    read = _read_float if dtype.is_floating else _read_integer
    numbers = [read(text) for text in strings_of(x)]
    if dtype.is_integer:
        bits = 8 * dtype.itemsize - 1
        if any(not -(2**bits) <= number < 2**bits for number in numbers):
            raise ValueError(f"a string holds a number that {dtype.name} does not hold")
    with np.errstate(over="ignore"):
        return [np.array(numbers, dtype.numpy).reshape(x.shape)]


def _read_integer(text: bytes) -> int:
    found = _INTEGER.fullmatch(text)
    if found is None or len(found[1]) > 20:
        raise ValueError(f"expected a whole number, got {text[:80]!r}")
    return int(found[1])


def _read_float(text: bytes) -> float:
    found = _FLOAT.fullmatch(text)
    if found is not None:
        return float(found[1])
    found = _HEXADECIMAL.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a number, got {text[:80]!r}")
    return float.fromhex(found[1].decode())


declare("StringToNumber", same_shape, _to_number)
