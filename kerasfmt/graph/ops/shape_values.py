"""What is known of the value of an integer tensor while the graph is built.

Shape operands (of Reshape, Fill, Tile, ...) are often computed from the shapes of other tensors.
`partial_value` evaluates that arithmetic, with None for the elements that are known only at run time.

Source: tensorflow/core/common_runtime/shape_refiner.cc, EvaluateConstantTensorForEdge, ConstantPartialShape.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.graph.op import find_op
from kerasfmt.graph.ops.declare import Array
from kerasfmt.graph.sizes import integer_range
from kerasfmt.graph.value import Node, Value

_MAX_SIZE = 1024


def partial_value(value: Value) -> list[int | None] | None:
    """The elements of an integer scalar or vector, None for an unknown one; None if their number is unknown."""
    array = partial_array(value)
    return None if array is None else list(array.ravel())


def partial_array(value: Value) -> Array | None:
    """The elements of an integer tensor, an object array of int and None; None if its shape is unknown."""
    found: Array | None = None
    if value.dtype.is_integer:
        node = value.node
        if node.op in _STRUCTURAL:
            found = _run_kernel(node, value.index)
        elif node.op in _RULES:
            found = _RULES[node.op](node)
    if found is not None:
        return found
    if value.shape is None or None in value.shape:
        return None
    shape = tuple(d for d in value.shape if d is not None)
    return np.full(shape, None, object) if math.prod(shape) <= _MAX_SIZE else None


def constant_value(value: Value) -> Array | None:
    """The elements of an integer tensor, int64; None unless all of them are known."""
    array = partial_array(value)
    if array is None or any(v is None for v in array.ravel()):
        return None
    return array.astype(np.int64)


_STRUCTURAL = frozenset(
    {
        "Identity",
        "Pack",
        "Unpack",
        "ConcatV2",
        "StridedSlice",
        "Slice",
        "GatherV2",
        "Reshape",
        "ExpandDims",
        "Squeeze",
    }
)
"""Ops that only move elements: their kernels run on object arrays."""


def _run_kernel(node: Node, index: int) -> Array | None:
    """Moves the elements of the first operand as the values of the other operands say."""
    data, *others = node.grouped_inputs()
    listed = isinstance(data, tuple)
    arrays = [partial_array(v) for v in (data if isinstance(data, tuple) else (data,))]
    known = [constant_value(v) for v in others if isinstance(v, Value)]
    if any(a is None for a in (*arrays, *known)):
        return None
    out = find_op(node.op).run(node.attrs, tuple(arrays) if listed else arrays[0], *known)[index]
    return np.asarray(out, object)


def _const(node: Node) -> Array | None:
    array = node.attrs["value"]
    assert isinstance(array, np.ndarray)
    return array.astype(object) if array.size <= _MAX_SIZE else None


def _shape(node: Node) -> Array | None:
    shape = node.inputs[0].shape
    return None if shape is None else np.array(shape, object)


def _rank(node: Node) -> Array | None:
    shape = node.inputs[0].shape
    return None if shape is None else np.array(len(shape), object)


def _size(node: Node) -> Array | None:
    shape = node.inputs[0].shape
    return None if shape is None else _product(np.array(shape, object))


def _cast(node: Node) -> Array | None:
    return partial_array(node.inputs[0]) if node.inputs[0].dtype.is_integer else None


def _product(array: Array) -> Array:
    out: int | None = 1
    for v in array.ravel():
        out = 0 if v == 0 or out == 0 else None if v is None or out is None else out * v
    return np.array(out, object)


def _prod(node: Node) -> Array | None:
    array, axes = partial_array(node.inputs[0]), constant_value(node.inputs[1])
    if array is None or axes is None or array.ndim != 1 or axes.size != 1:
        return None
    out = _product(array)
    return out.reshape(1) if node.attrs["keep_dims"] else out


def _range(node: Node) -> Array | None:
    found = [constant_value(v) for v in node.inputs]
    if any(a is None for a in found):
        return None
    start, limit, delta = (int(a) for a in found if a is not None)
    if delta == 0 or abs(limit - start) > _MAX_SIZE * abs(delta):
        return None
    return np.array(range(start, limit, delta), object)


def _arithmetic(function: Callable[[int, int], int]) -> Callable[[Node], Array | None]:
    def lifted(a: int | None, b: int | None) -> int | None:
        return None if a is None or b is None else function(a, b)

    ufunc = np.frompyfunc(lifted, 2, 1)

    def rule(node: Node) -> Array | None:
        a, b = (partial_array(v) for v in node.inputs)
        if a is None or b is None:
            return None
        found = np.asarray(ufunc(a, b), object)
        _check_range(found, node.outputs[0].dtype if node.outputs else node.inputs[0].dtype)
        return found

    return rule


def _check_range(array: Array, dtype: DType) -> None:
    """Raises ValueError if TensorFlow's arithmetic in an integer dtype would wrap around."""
    held = integer_range(dtype)
    for value in array.flat:
        if value is not None and not held.start <= value < held.stop:
            raise ValueError(f"a size is computed as {value}, which {dtype.name} does not hold")


def _truncated(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


_RULES: dict[str, Callable[[Node], Array | None]] = {
    "Const": _const,
    "Shape": _shape,
    "Rank": _rank,
    "Size": _size,
    "Cast": _cast,
    "Prod": _prod,
    "Range": _range,
    "Add": _arithmetic(lambda a, b: a + b),
    "AddV2": _arithmetic(lambda a, b: a + b),
    "Sub": _arithmetic(lambda a, b: a - b),
    "Mul": _arithmetic(lambda a, b: a * b),
    "Div": _arithmetic(_truncated),
    "FloorDiv": _arithmetic(lambda a, b: a // b),
    "FloorMod": _arithmetic(lambda a, b: a % b),
    "Maximum": _arithmetic(max),
    "Minimum": _arithmetic(min),
}
