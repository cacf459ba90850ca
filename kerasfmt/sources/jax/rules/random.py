"""Random numbers: the same bits as in JAX.

A key is its words, uint32 (..., 2). What JAX computes with keys is traced, down to the cipher threefry2x32, which is a
function of its own in the graph.

Source: jax/_src/prng.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Function, Spec, Value, emit_one, ops
from kerasfmt.graph.spec import broadcast_shapes
from kerasfmt.nn.shapes import as_value
from kerasfmt.sources.jax.dimensions import product
from kerasfmt.sources.jax.rule import Equation, UnsupportedPrimitiveError, reshape, rule

_ROTATIONS: Final = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY: Final = 0x1BD11BDA


@rule("random_wrap", "random_unwrap", "random_clone")
def _same(equation: Equation, x: Value) -> Value:
    return x


def _traced(
    equation: Equation, function: Callable[..., Any], batch: int, *operands: Value
) -> Sequence[Value]:
    """What a function of one key gives, mapped over the axes of the keys."""
    keys = equation.avals[0]
    impl = keys.dtype._impl
    described = [_Words((*keys.shape, *impl.key_shape), np.dtype(np.uint32)), *equation.avals[1:]]
    return equation.lowers.inline(equation.lowers.traced(_mapped(function, batch), described), operands)


class _Words:
    """The shape and dtype of an operand."""

    def __init__(self, shape: tuple[Any, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype


def _mapped(function: Callable[..., Any], axes: int) -> Callable[..., Any]:
    from kerasfmt.sources.jax.library import jax

    for _ in range(axes):
        function = jax().vmap(function)
    return function


@rule("random_bits")
def _random_bits(equation: Equation, keys: Value) -> Sequence[Value]:
    impl, params = equation.avals[0].dtype._impl, equation.params
    rank = len(equation.avals[0].shape)

    def function(key: Any) -> Any:
        return impl.random_bits(key, params["bit_width"], params["shape"])

    return _traced(equation, function, rank, keys)


@rule("random_split")
def _random_split(equation: Equation, keys: Value) -> Sequence[Value]:
    impl, shape = equation.avals[0].dtype._impl, equation.params["shape"]
    return _traced(equation, lambda key: impl.split(key, shape), len(equation.avals[0].shape), keys)


@rule("random_fold_in")
def _random_fold_in(equation: Equation, keys: Value, data: Value) -> Sequence[Value]:
    impl = equation.avals[0].dtype._impl
    keys_rank, rank = len(equation.avals[0].shape), len(equation.avals[1].shape)
    if rank not in (0, keys_rank):
        raise UnsupportedPrimitiveError("keys and numbers of different ranks")
    if rank == keys_rank:
        return _traced(equation, impl.fold_in, rank, keys, data)
    from kerasfmt.sources.jax.library import jax

    function = impl.fold_in
    for _ in range(keys_rank):
        function = jax().vmap(function, in_axes=(0, None))
    return _traced(equation, function, 0, keys, data)


@rule("random_seed")
def _random_seed(equation: Equation, seeds: Value) -> Sequence[Value]:
    impl = equation.params["impl"]
    jaxpr = equation.lowers.traced(_mapped(impl.seed, len(equation.avals[0].shape)), equation.avals)
    return equation.lowers.inline(jaxpr, [seeds])


@rule("iota_2x32_shape")
def _iota_2x32(equation: Equation) -> Sequence[Value]:
    """The places of the elements as numbers of 64 bits: the upper and the lower words."""
    shape = equation.params["shape"]
    sizes = equation.sizes(shape)
    total = product(sizes)
    if isinstance(total, int) and total >= 2**31:
        raise UnsupportedPrimitiveError("2**31 elements or more")
    numbers = ops.range_(
        equation.constant(np.int32(0)), as_value(equation.graph, total), equation.constant(np.int32(1))
    )
    low = equation.lowers.folded(reshape(ops.cast(numbers, dtypes.uint32), sizes))
    high = equation.broadcast(equation.constant(np.zeros((), np.uint32)), shape)
    return [high, low]


def _rotated(x: Value, by: int) -> Value:
    left = emit_one("LeftShift", x, x.graph.constant(np.uint32(by), dtypes.uint32))
    right = emit_one("RightShift", x, x.graph.constant(np.uint32(32 - by), dtypes.uint32))
    return emit_one("BitwiseOr", left, right)


def _cipher() -> Function:
    """The function threefry2x32 of 20 rounds: two words of the key and two tensors of words.

    Source: jax/_src/prng.py, _threefry2x32_lowering.
    """
    graph = Builder("threefry2x32")
    words = [graph.input(Spec(None, dtypes.uint32), name) for name in ("key_0", "key_1", "x_0", "x_1")]
    keys = [words[0], words[1]]
    mixed = emit_one("BitwiseXor", keys[0], keys[1])
    keys.append(emit_one("BitwiseXor", mixed, graph.constant(np.uint32(_PARITY), dtypes.uint32)))
    x, y = ops.add(words[2], keys[0]), ops.add(words[3], keys[1])
    for turn in range(5):
        for rotation in _ROTATIONS[turn % 2]:
            x = ops.add(x, y)
            y = emit_one("BitwiseXor", x, _rotated(y, rotation))
        x = ops.add(x, keys[(turn + 1) % 3])
        y = ops.add(ops.add(y, keys[(turn + 2) % 3]), graph.constant(np.uint32(turn + 1), dtypes.uint32))
    return graph.finish([x, y])


@rule("threefry2x32")
def _threefry(equation: Equation, *words: Value) -> Sequence[Value]:
    cipher = equation.lowers.shared("threefry2x32", _cipher)
    compact = equation.lowers.compact
    small = [compact.get(word, word) for word in words]
    rank = len(equation.result.shape)
    whole = [w for w in words if w not in compact and w.shape is not None and len(w.shape) == rank]
    given = small if whole else list(words)
    shape: Any = ()
    for word in given:
        shape = broadcast_shapes(shape, word.shape)
    return equation.graph.call(cipher, given, [shape, shape])
