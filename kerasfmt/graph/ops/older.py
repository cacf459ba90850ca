"""Earlier versions of ops, and ops that hand on what they get; graphs of TensorFlow 1 hold them.

Source: tensorflow/core/ops/array_ops.cc, math_ops.cc and nn_ops.cc.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.op import Effect, find_op
from kerasfmt.graph.ops.declare import Array, Attrs, declare, declare_computed, same_shape
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Value


def _same(attrs: Attrs, x: Array, *_: Array) -> list[Array]:
    return [x]


declare("GuaranteeConst", same_shape, _same, effect=Effect.READS)
declare("PlaceholderWithDefault", lambda attrs, x: [attrs["shape"]], _same)
declare_computed("RefIdentity", same_shape, _same)


def _check(attrs: Attrs, x: Array) -> list[Array]:
    if not np.all(np.isfinite(x)):
        raise ValueError(f"{attrs['message']}: a number is infinite or NaN")
    return [x]


declare("CheckNumerics", same_shape, _check, effect=Effect.CHECKS)
declare(
    "Concat",
    lambda attrs, axis, values: find_op("ConcatV2").infer(attrs, values, axis),
    lambda attrs, axis, values: find_op("ConcatV2").run(attrs, values, axis),
)


def _infer_gather(attrs: Attrs, params: Value, indices: Value) -> list[Shape]:
    if params.shape is None or indices.shape is None:
        return [None]
    if not params.shape:
        raise ValueError("a scalar has no rows")
    return [(*indices.shape, *params.shape[1:])]


def _gather(attrs: Attrs, params: Array, indices: Array) -> list[Array]:
    return [*find_op("GatherV2").run({"batch_dims": 0}, params, indices, np.int32(0))]


declare("Gather", _infer_gather, _gather)
declare(
    "BatchMatMul",
    lambda *args: find_op("BatchMatMulV2").infer(*args),
    lambda *args: find_op("BatchMatMulV2").run(*args),
)
