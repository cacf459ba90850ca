"""Random numbers, drawn as TensorFlow draws them on a CPU.

The stateful ops give what they give on their first run in a TensorFlow process. Without seeds they take a seed from
the operating system. The stateless ops are functions of their seed.

Source: tensorflow/core/kernels/random_op.cc, stateless_random_ops.cc, stateless_random_ops_v2.cc.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph.emit import emit, emit_one
from kerasfmt.graph.op import Effect
from kerasfmt.graph.ops import philox
from kerasfmt.graph.ops.declare import Array, Attrs, Kernel, declare, scalar
from kerasfmt.graph.ops.philox import Stream
from kerasfmt.graph.ops.resource import WritesVariable
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Operand, Value

_Draw = Callable[[Stream, int, "np.dtype[Any]"], Array]
_PHILOX = 1


def _infer(attrs: Attrs, shape: Value, *_: Value) -> list[Shape]:
    found = partial_value(shape)
    return [None if found is None else tuple(found)]


def _seeded(attrs: Attrs) -> Stream:
    seed, seed2 = attrs["seed"], attrs["seed2"]
    if not seed and not seed2:
        seed, seed2 = secrets.randbits(64), secrets.randbits(64)
    return Stream(seed % 2**64, 0, seed2 % 2**64)


def _count(shape: Array) -> int:
    return int(np.prod(shape, dtype=np.int64))


def _stateful(draw: _Draw) -> Kernel:
    def run(attrs: Attrs, shape: Array) -> list[Array]:
        return [draw(_seeded(attrs), _count(shape), attrs["dtype"].numpy).reshape(tuple(shape))]

    return run


def _stateless(draw: _Draw) -> Kernel:
    def run(attrs: Attrs, shape: Array, seed: Array) -> list[Array]:
        stream = philox.scrambled((int(seed[0]), int(seed[1])))
        return [draw(stream, _count(shape), attrs["dtype"].numpy).reshape(tuple(shape))]

    return run


def _keyed_stream(key: Array, counter: Array, alg: Array) -> Stream:
    if int(alg) not in (_PHILOX, 3):
        raise ValueError(f"random algorithm {int(alg)}: only Philox (1) is supported")
    return Stream(int(key[0]), int(counter[0]), int(counter[1]))


def _keyed(draw: _Draw) -> Kernel:
    def run(attrs: Attrs, shape: Array, key: Array, counter: Array, alg: Array) -> list[Array]:
        stream = _keyed_stream(key, counter, alg)
        return [draw(stream, _count(shape), attrs["dtype"].numpy).reshape(tuple(shape))]

    return run


for _name, _draw in {
    "Uniform": philox.uniform,
    "Normal": philox.normal,
    "TruncatedNormal": philox.truncated_normal,
    "UniformFullInt": philox.full_integers,
}.items():
    _base = _name if _name == "TruncatedNormal" else f"Random{_name}"
    declare(f"Stateless{_base}", _infer, _stateless(_draw))
    declare(f"Stateless{_base}V2", _infer, _keyed(_draw))
declare("RandomUniform", _infer, _stateful(philox.uniform), effect=Effect.DRAWS)
declare("RandomStandardNormal", _infer, _stateful(philox.normal), effect=Effect.DRAWS)
declare("TruncatedNormal", _infer, _stateful(philox.truncated_normal), effect=Effect.DRAWS)


def _between(stream: Stream, shape: Array, low: Array, high: Array) -> list[Array]:
    a, b = int(low.item()), int(high.item())
    if a >= b:
        raise ValueError(f"there are no integers in [{a}, {b})")
    return [philox.integers(stream, _count(shape), a, b, low.dtype).reshape(tuple(shape))]


def _uniform_int(attrs: Attrs, shape: Array, low: Array, high: Array) -> list[Array]:
    return _between(_seeded(attrs), shape, low, high)


def _stateless_int(attrs: Attrs, shape: Array, seed: Array, low: Array, high: Array) -> list[Array]:
    return _between(philox.scrambled((int(seed[0]), int(seed[1]))), shape, low, high)


def _keyed_int(attrs: Attrs, shape: Array, *operands: Array) -> list[Array]:
    key, counter, alg, low, high = operands
    return _between(_keyed_stream(key, counter, alg), shape, low, high)


declare("RandomUniformInt", _infer, _uniform_int, effect=Effect.DRAWS)
declare("StatelessRandomUniformInt", _infer, _stateless_int)
declare("StatelessRandomUniformIntV2", _infer, _keyed_int)


def _gamma(stream: Stream, shape: Array, alpha: Array) -> list[Array]:
    size, count = _count(shape), alpha.size
    if alpha.shape != tuple(shape)[len(shape) - alpha.ndim :]:
        raise ValueError(f"alpha: expected the last axes of shape {shape.tolist()}, got {list(alpha.shape)}")
    found = philox.gamma(stream, alpha.ravel().astype(np.float64), size // count if count else 0)
    return [found.reshape(tuple(shape)).astype(alpha.dtype)]


def _stateless_gamma(attrs: Attrs, shape: Array, seed: Array, alpha: Array) -> list[Array]:
    return _gamma(philox.scrambled((int(seed[0]), int(seed[1]))), shape, alpha)


def _keyed_gamma(attrs: Attrs, shape: Array, *operands: Array) -> list[Array]:
    key, counter, alg, alpha = operands
    return _gamma(_keyed_stream(key, counter, alg), shape, alpha)


declare("StatelessRandomGammaV2", _infer, _stateless_gamma)
declare("StatelessRandomGammaV3", _infer, _keyed_gamma)


def _key_counter(attrs: Attrs, seed: Array) -> list[Array]:
    stream = philox.scrambled((int(seed[0]), int(seed[1])))
    return [np.array([stream.key], np.uint64), np.array([stream.low, stream.high], np.uint64)]


declare("StatelessRandomGetKeyCounter", lambda attrs, seed: [(1,), (2,)], _key_counter)
declare(
    "StatelessRandomGetAlg",
    scalar,
    lambda attrs: [np.array(_PHILOX, np.int32)],
    effect=Effect.READS,  # it reads which algorithm suits the device
)


def _infer_skip(attrs: Attrs, resource: Value, alg: Value, delta: Value) -> list[Shape]:
    return [(None,)]


def _skip(attrs: Attrs, state: Array, alg: Array, delta: Array) -> list[Array]:
    """The state before, and the new content of the variable: the counter advanced by 256 * delta blocks."""
    low, high = (int(s) % 2**64 for s in state[:2])
    moved = (low | high << 64) + 256 * (int(delta) % 2**64)
    after = np.array([moved % 2**64, moved >> 64 & (2**64 - 1), int(state[2]) % 2**64], np.uint64)
    before = np.zeros(3, np.int64)
    before[:3] = state[:3]
    return [before, after.view(np.int64)]


declare("RngReadAndSkip", _infer_skip, _skip, base=WritesVariable)


def random_uniform(
    shape: Value,
    dtype: DType = dtypes.float32,
    seed: int = 0,
    seed2: int = 0,
    minval: float | None = None,
    maxval: float | None = None,
) -> Value:
    """Random floats in [minval, maxval), by default [0, 1); `shape` is an integer vector.

    Source: tf.random.uniform: RandomUniform, then scaled by Mul and AddV2.
    """
    x = emit_one("RandomUniform", shape, dtype=dtype, seed=seed, seed2=seed2)
    if minval is None and maxval is None:
        return x
    low, high = minval or 0.0, 1.0 if maxval is None else maxval
    graph = x.graph
    bottom = graph.constant(low, dtype)
    scaled = emit_one("Mul", x, emit_one("Sub", graph.constant(high, dtype), bottom))
    return emit_one("AddV2", scaled, bottom)


def random_normal(
    shape: Value,
    dtype: DType = dtypes.float32,
    seed: int = 0,
    seed2: int = 0,
    mean: float = 0.0,
    stddev: float = 1.0,
) -> Value:
    """Normally distributed floats; `shape` is an integer vector.

    Source: tf.random.normal: RandomStandardNormal, then scaled by Mul and AddV2.
    """
    x = emit_one("RandomStandardNormal", shape, dtype=dtype, seed=seed, seed2=seed2)
    return emit_one("AddV2", emit_one("Mul", x, stddev), mean)


def truncated_normal(
    shape: Value,
    dtype: DType = dtypes.float32,
    seed: int = 0,
    seed2: int = 0,
    mean: float = 0.0,
    stddev: float = 1.0,
) -> Value:
    """Normally distributed floats within two standard deviations; `shape` is an integer vector.

    Source: tf.random.truncated_normal: TruncatedNormal, then scaled by Mul and AddV2.
    """
    x = emit_one("TruncatedNormal", shape, dtype=dtype, seed=seed, seed2=seed2)
    return emit_one("AddV2", emit_one("Mul", x, stddev), mean)


def random_uniform_int(
    shape: Value, minval: Operand, maxval: Operand, seed: int = 0, seed2: int = 0
) -> Value:
    """Random integers in [minval, maxval); `shape` is an integer vector. Source: TensorFlow op RandomUniformInt."""
    return emit_one("RandomUniformInt", shape, minval, maxval, seed=seed, seed2=seed2)


def stateless_random_uniform(shape: Value, seed: Operand, dtype: DType = dtypes.float32) -> Value:
    """Random floats in [0, 1) that follow from a seed, integers (2,). Source: tf.raw_ops.StatelessRandomUniform."""
    return emit_one("StatelessRandomUniform", shape, seed, dtype=dtype)


def stateless_key_counter(seed: Value) -> tuple[Value, Value]:
    """The key, uint64 (1,), and the counter, uint64 (2,), of a seed, integers (2,), for stateless ops (V2).

    Source: TensorFlow op StatelessRandomGetKeyCounter.
    """
    key, counter = emit("StatelessRandomGetKeyCounter", seed)
    return key, counter
