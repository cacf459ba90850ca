"""How families declare their ops: tables of kernels, and the rules that all kernels share.

Every kernel keeps the dtype of its operands: float16 and bfloat16 are computed in float32 and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Context, Effect, Op, register
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Node, Operand, Value
from kerasfmt.typing import override

Array: TypeAlias = np.ndarray[Any, Any]
Attrs: TypeAlias = Mapping[str, Any]
Infer: TypeAlias = Callable[..., Sequence[Shape]]
Kernel: TypeAlias = Callable[..., Sequence[Array]]


def declare(
    name: str, infer: Infer, run: Kernel | None = None, *, base: type[Op] = Op, **facts: object
) -> None:
    """Registers an op from its functions.

    Args:
      name: the op's name.
      infer: its shape inference.
      run: its kernel, if there is one.
      base: the class that the op is derived from.
      facts: further class attributes of `Op`, such as `effect`.
    """
    kernel = {} if run is None else {"run": staticmethod(run)}
    register(name)(type(name, (base,), {"infer": staticmethod(infer), **kernel, **facts}))


class Computed(Op):
    """Base of ops that take or give what is no array, or lists of outputs; `compute` is their kernel."""

    @staticmethod
    def compute(attrs: Attrs, *inputs: Any) -> Sequence[Any]:
        """The outputs, for inputs of whatever kind the op takes."""
        raise NotImplementedError

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, *inputs: Any) -> Sequence[Any]:
        return cls.compute(node.attrs, *inputs)


def declare_computed(
    name: str, infer: Infer, compute: Callable[..., Sequence[Any]], effect: Effect = Effect.NONE
) -> None:
    """Registers an op that is a Computed.

    Args:
      name: the op's name.
      infer: its shape inference.
      compute: its kernel.
      effect: its effect.
    """
    facts = {"infer": staticmethod(infer), "compute": staticmethod(compute), "effect": effect}
    register(name)(type(name, (Computed,), facts))


def is_half(dtype: np.dtype[Any]) -> bool:
    """Whether the dtype is float16 or bfloat16."""
    return dtype.itemsize == 2 and dtype.name in ("float16", "bfloat16")


def widen(array: Array) -> Array:
    """The array in the dtype in which kernels compute: float32 for float16 and bfloat16."""
    return array.astype(np.float32) if is_half(array.dtype) else array


def kernel(run: Callable[..., Array]) -> Kernel:
    """A kernel with one output of the dtype of its first operand; 16-bit floats are computed in float32.

    Overflow and division by zero give infinities and NaN without a warning, as in TensorFlow. The interpreter, which
    ignores them itself, calls the attribute `quiet`.
    """

    def quiet(attrs: Attrs, *inputs: Any) -> list[Array]:
        first = inputs[0][0] if isinstance(inputs[0], tuple) else inputs[0]
        wide = [tuple(map(widen, x)) if isinstance(x, tuple) else widen(x) for x in inputs]
        out = np.asarray(run(attrs, *wide))
        return [out if out.dtype == first.dtype else out.astype(first.dtype)]

    @wraps(run)
    def wrapped(attrs: Attrs, *inputs: Any) -> list[Array]:
        with np.errstate(all="ignore"):
            return quiet(attrs, *inputs)

    vars(wrapped)["quiet"] = quiet
    return wrapped


def same_shape(attrs: Attrs, x: Value, *_: Value) -> list[Shape]:
    """Infers one output of the shape of the first operand."""
    return [x.shape]


def scalar(attrs: Attrs, *_: object) -> list[Shape]:
    """Infers one output without dimensions."""
    return [()]


def unary(op: str, doc: str, result: str = "the shape and dtype of `x`") -> Callable[[Value], Value]:
    """The frontend function of an op with one operand and one output of its shape."""

    def function(x: Value) -> Value:
        return emit_one(op, x)

    function.__doc__ = f"{doc}, elementwise: {result}.\n\nSource: TensorFlow op {op}."
    return function


def binary(op: str, doc: str, result: str = "the dtype of both") -> Callable[[Operand, Operand], Value]:
    """The frontend function of an op with two operands that broadcast."""

    def function(x: Operand, y: Operand) -> Value:
        return emit_one(op, x, y)

    function.__doc__ = f"{doc}, elementwise: {result}; `x` and `y` broadcast.\n\nSource: TensorFlow op {op}."
    return function


def with_rank(value: Value, rank: int) -> tuple[int | None, ...]:
    """The dimensions of a value that must have `rank` of them; all unknown where the rank is not known.

    Raises:
      ValueError: it has another rank.
    """
    if value.shape is None:
        return (None,) * rank
    if len(value.shape) != rank:
        raise ValueError(f"expected {rank} dimensions, got shape {value.shape}")
    return value.shape


def normalize_axis(axis: int, rank: int) -> int:
    """The axis counted from the front.

    Raises:
      ValueError: there is no such axis.
    """
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} is out of range for {rank} dimensions")
    return axis % rank if rank else 0
