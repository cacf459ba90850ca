"""Ops on strings, one by one: letters, lengths, numbers.

Source: tensorflow/core/ops/string_ops.cc; tensorflow/core/kernels/as_string_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape, widen
from kerasfmt.graph.strings import string_array
from kerasfmt.graph.value import Value

_FILLS: Final = ("", " ", "+", "-", "0", "#")


def _as_string(attrs: Attrs, x: Array) -> list[Array]:
    write = _formatter(attrs, x.dtype.kind)
    items = [write(item) for item in widen(x).ravel().tolist()]
    return [string_array([item.encode() for item in items], x.shape)]


def _formatter(attrs: Attrs, kind: str) -> Callable[[Any], str]:
    """What writes a number as C's printf does, from the attributes of AsString."""
    if kind == "O":
        return lambda item: item.decode("utf-8", "surrogateescape")
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
