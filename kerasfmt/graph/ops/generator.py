"""Random numbers from a generator: a variable with a counter, which each draw advances.

The state is int64 (3,): a counter of two words and a key (Philox).

Source: tensorflow/python/ops/stateful_random_ops.py, Generator; stateless_random_ops.py.
"""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.ops.array import pack, zeros_like
from kerasfmt.graph.ops.declare import Array, Attrs, declare
from kerasfmt.graph.ops.random import stateless_key_counter
from kerasfmt.graph.ops.reduce import reduce_prod
from kerasfmt.graph.ops.slicing import getitem
from kerasfmt.graph.resource import Variable
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Value

_AUTO_SELECT = np.int32(3)
"""The algorithm is chosen for the device: Philox on a CPU (random_ops_util.py, Algorithm)."""


def _infer_bitcast(attrs: Attrs, x: Value) -> list[Shape]:
    """Smaller elements make a last axis of their own; larger ones take up the last axis."""
    given, wanted = (np.dtype(attrs[name].numpy).itemsize for name in ("T", "type"))
    if x.shape is None or given == wanted:
        return [x.shape]
    if given > wanted:
        return [(*x.shape, given // wanted)]
    if not x.shape or x.shape[-1] not in (None, wanted // given):
        raise ValueError(f"expected a last axis of {wanted // given}, got shape {x.shape}")
    return [x.shape[:-1]]


def _bitcast(attrs: Attrs, x: Array) -> list[Array]:
    given, wanted = (np.dtype(attrs[name].numpy) for name in ("T", "type"))
    found = np.ascontiguousarray(x).reshape(-1).view(wanted)
    if given.itemsize > wanted.itemsize:
        return [found.reshape(*x.shape, given.itemsize // wanted.itemsize)]
    return [found.reshape(x.shape if given.itemsize == wanted.itemsize else x.shape[:-1])]


declare("Bitcast", _infer_bitcast, _bitcast)


def bitcast(x: Value, dtype: DType) -> Value:
    """The bits of `x` as another dtype; smaller elements make a last axis of their own. Source: tf.bitcast."""
    return emit_one("Bitcast", x, type=dtype)


def _key_counter(state: Variable, shape: Value) -> tuple[Value, Value]:
    """Key and counter for a draw of a shape; advances the generator."""
    graph = shape.graph
    delta = emit_one("Cast", reduce_prod(shape, 0), DstT=dtypes.uint64)
    moved = emit_one("RngReadAndSkip", graph.capture(state), _AUTO_SELECT, delta)
    counter = bitcast(getitem(moved, slice(None, 2)), dtypes.uint64)
    return bitcast(getitem(moved, slice(2, 3)), dtypes.uint64), counter


def _scale(x: Value, low: float, high: float) -> Value:
    graph = x.graph
    bottom = graph.constant(low, x.dtype)
    width = emit_one("Sub", graph.constant(high, x.dtype), bottom)
    return emit_one("AddV2", emit_one("Mul", x, width), bottom)


def generator_uniform(state: Variable, shape: Value, low: float, high: float) -> Value:
    """Random float32 numbers in [low, high) from a generator; `shape` is an int32 vector.

    Source: tf.random.Generator.uniform.
    """
    key, counter = _key_counter(state, shape)
    drawn = emit_one("StatelessRandomUniformV2", shape, key, counter, _AUTO_SELECT, dtype=dtypes.float32)
    return _scale(drawn, low, high)


def generator_integers(state: Variable, shape: Value, low: int, high: int) -> Value:
    """Random int32 numbers in [low, high) from a generator; `shape` is an int32 vector.

    Source: tf.random.Generator.uniform.
    """
    key, counter = _key_counter(state, shape)
    bounds = np.int32(low), np.int32(high)
    return emit_one("StatelessRandomUniformIntV2", shape, key, counter, _AUTO_SELECT, *bounds)


def generator_seed(state: Variable, beside: Value) -> Value:
    """A seed for a stateless op, int64 (2,), from a generator; made in the graph of `beside`.

    Source: tf.random.Generator.make_seeds.
    """
    shape = beside.graph.constant(np.array([1], np.int32))
    key, counter = _key_counter(state, shape)
    drawn = emit_one("StatelessRandomUniformFullIntV2", shape, key, counter, _AUTO_SELECT, dtype=dtypes.int64)
    return getitem(pack([drawn, zeros_like(drawn)]), (slice(None), 0))


def seeded_uniform(seed: Value, shape: Value, low: float, high: float) -> Value:
    """Random float32 numbers in [low, high) that follow from a seed.

    Args:
      seed: integers (2,).
      shape: int32 (rank,): the shape of the result.
      low: the least number.
      high: an upper bound that is not drawn.

    Source: tf.random.stateless_uniform.
    """
    key, counter = stateless_key_counter(seed)
    drawn = emit_one("StatelessRandomUniformV2", shape, key, counter, _AUTO_SELECT, dtype=dtypes.float32)
    return _scale(drawn, low, high)
