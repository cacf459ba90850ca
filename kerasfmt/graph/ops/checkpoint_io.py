"""Ops of checkpoint savers, on files and strings; only TensorFlow runs those on files.

Source: tensorflow/core/ops/io_ops.cc, string_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Effect, Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape, scalar
from kerasfmt.graph.spec import Shape, broadcast_shapes
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


@register("SaveV2", "MergeV2Checkpoints", "WriteFile")
class WritesFiles(Op):
    """An op without outputs that writes files; it has no kernel."""

    effect = Effect.WRITES

    @staticmethod
    @override
    def infer(attrs: Attrs, *inputs: object) -> list[Shape]:
        return []


@register("RestoreV2")
class RestoreV2(Op):
    """Tensors of a checkpoint, whose shapes the graph does not know; it has no kernel."""

    effect = Effect.READS

    @staticmethod
    @override
    def infer(attrs: Attrs, *inputs: Value) -> list[Shape]:
        return [None] * len(attrs["dtypes"])


@register("ShardedFilename", "ReadFile")
class NamesFile(Op):
    """A scalar string; it has no kernel."""

    infer = staticmethod(scalar)


@register("StaticRegexFullMatch")
class StaticRegexFullMatch(Op):
    """Whether each string matches a pattern."""

    infer = staticmethod(same_shape)

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        from kerasfmt.graph.ops.regex import full_matches  # only graphs that are read run it

        return [full_matches(x, _as_bytes(attrs["pattern"]))]


def _infer_join(attrs: Attrs, values: tuple[Value, ...]) -> list[Shape]:
    out: Shape = ()
    for value in values:
        out = broadcast_shapes(out, value.shape) if value.shape != () else out
    return [out]


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _join(attrs: Attrs, values: tuple[Array, ...]) -> list[Array]:
    arrays = np.broadcast_arrays(*values)
    separator = _as_bytes(attrs["separator"])
    rows = zip(*(a.ravel().tolist() for a in arrays), strict=True)
    out = np.empty(arrays[0].size, object)
    out[:] = [separator.join(map(_as_bytes, row)) for row in rows]
    return [out.reshape(arrays[0].shape)]


declare("StringJoin", _infer_join, _join)


def string_join(values: Sequence[Operand], separator: str = "") -> Value:
    """Strings joined elementwise: string, in the shape of the operands; scalars broadcast. Source: tf.strings.join."""
    return emit_one("StringJoin", list(values), separator=separator)
