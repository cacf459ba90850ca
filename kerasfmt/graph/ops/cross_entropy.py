"""Losses of classes, with their gradients, and responses divided by those of neighbouring channels.

Source: tensorflow/core/kernels/xent_op.h, sparse_xent_op.h, lrn_op.cc.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape, widen
from kerasfmt.graph.spec import Shape, broadcast_shapes
from kerasfmt.graph.value import Value


def _log_softmax(logits: Array) -> Array:
    wide = widen(logits)
    shifted = wide - wide.max(-1, keepdims=True, initial=-np.inf)
    out: Array = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return out


def _sparse(attrs: Attrs, logits: Array, labels: Array) -> list[Array]:
    count = logits.shape[-1]
    if labels.size and (labels.min() < 0 or labels.max() >= count):
        raise ValueError(f"expected labels below {count}, got {labels.min()} to {labels.max()}")
    logs = _log_softmax(logits)
    rows = np.arange(len(labels))
    gradient = np.exp(logs)
    gradient[rows, labels] -= 1
    return [(-logs[rows, labels]).astype(logits.dtype), gradient.astype(logits.dtype)]


def _infer_sparse(attrs: Attrs, logits: Value, labels: Value) -> list[Shape]:
    return [labels.shape, logits.shape]


def _dense(attrs: Attrs, logits: Array, labels: Array) -> list[Array]:
    logits, labels = np.broadcast_arrays(logits, labels)
    logs, wide = _log_softmax(logits), widen(labels)
    loss = -np.where(wide == 0, 0, wide * logs).sum(-1)
    return [loss.astype(logits.dtype), (np.exp(logs) - wide).astype(logits.dtype)]


def _infer_dense(attrs: Attrs, logits: Value, labels: Value) -> list[Shape]:
    shape = broadcast_shapes(logits.shape, labels.shape)
    return [None if shape is None else shape[:-1], shape]


def _response(attrs: Attrs, x: Array) -> list[Array]:
    radius = attrs["depth_radius"]
    squares = np.pad(np.square(widen(x)), [(0, 0)] * 3 + [(radius, radius)])
    windows = np.lib.stride_tricks.sliding_window_view(squares, 2 * radius + 1, axis=3).sum(-1)
    norm = np.float32(attrs["bias"]) + np.float32(attrs["alpha"]) * windows
    return [(widen(x) * norm ** -np.float32(attrs["beta"])).astype(x.dtype)]


declare("SparseSoftmaxCrossEntropyWithLogits", _infer_sparse, _sparse)
declare("SoftmaxCrossEntropyWithLogits", _infer_dense, _dense)
declare("LRN", same_shape, _response)
