"""Functions that reshape, split, join and rearrange tensors.

Source: tensorflow/python/ops/array_ops.py, manip_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.nn.shapes import dims_of, reshape_to
from kerasfmt.nn.tf import selection
from kerasfmt.nn.tf.table import (
    axes_of,
    dtype_of,
    first_value,
    function,
    integers,
    leaves,
    operands,
    tensor,
)


@function("reshape")
def reshape(tensor: Value, shape: Any) -> Value:
    """`tensor` in another shape."""
    return ops.reshape(tensor, list(shape) if isinstance(shape, list | tuple) else integers(shape))


@function("transpose", "compat.v1.transpose")
def transpose(a: Value, perm: Any = None, conjugate: bool = False) -> Value:
    """`a` with its axes in the order `perm`; reversed by default."""
    order = list(range(a.rank))[::-1] if perm is None else perm
    return ops.transpose(a, integers(order) if isinstance(order, Value) else [int(i) for i in order])


@function("expand_dims", "compat.v1.expand_dims")
def expand_dims(input: Any, axis: int | None = None, dim: int | None = None) -> Value:
    """`input` with an axis of size 1 inserted."""
    at = axis if axis is not None else dim
    if not isinstance(at, int):
        raise ValueError(f"expected an axis, got {at!r}")
    return ops.expand_dims(input, at)


@function("squeeze", "compat.v1.squeeze")
def squeeze(input: Value, axis: Any = None, squeeze_dims: Any = None) -> Value:
    """`input` without its axes of size 1, or without those of `axis`."""
    return ops.squeeze(input, axis if axis is not None else squeeze_dims)


@function("concat")
def concat(values: Any, axis: int) -> Value:
    """The tensors joined along an axis."""
    listed = values if isinstance(values, list | tuple) else [values]
    beside = first_value(*listed)
    if len(listed) == 1:
        return ops.identity(beside)
    return ops.concat([tensor(v, beside) for v in listed], axis)


@function("stack")
def stack(values: Any, axis: int = 0) -> Value:
    """The tensors of one shape stacked along a new axis."""
    return ops.pack(operands(*values), axis)


@function("unstack")
def unstack(value: Value, num: int | None = None, axis: int = 0) -> list[Value]:
    """The slices of `value` along an axis, without that axis."""
    return list(ops.unpack(value, axis))


@function("split")
def split(value: Value, num_or_size_splits: Any, axis: int = 0, num: int | None = None) -> list[Value]:
    """`value` split along an axis into a number of equal parts, or into parts of given sizes."""
    if any(isinstance(leaf, Value) for leaf in leaves(num_or_size_splits)):
        raise ValueError("sizes that are tensors are not supported")
    return list(ops.split(value, num_or_size_splits, axis))


@function("tile")
def tile(input: Value, multiples: Any) -> Value:
    """`input` repeated `multiples[i]` times along axis i."""
    return ops.tile(input, integers(multiples))


@function("repeat")
def repeat(input: Value, repeats: Any, axis: int | None = None) -> Value:
    """Each element of `input` repeated, along an axis or flattened."""
    if not isinstance(repeats, int):
        raise ValueError(f"expected one number of repeats, got {repeats!r}")
    x = ops.reshape(input, [-1]) if axis is None else input
    (at,) = axes_of(0 if axis is None else axis, x.rank)
    sizes = dims_of(x)
    wide = ops.tile(ops.expand_dims(x, at + 1), [1] * (at + 1) + [repeats] + [1] * (x.rank - at - 1))
    return reshape_to(wide, [*sizes[:at], sizes[at] * repeats, *sizes[at + 1 :]])


@function("pad", "compat.v1.pad")
def pad(tensor: Value, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Value:
    """`tensor` with elements added around it; `paddings` is (rank, 2)."""
    if isinstance(constant_values, Value):
        raise ValueError("a tensor as constant_values is not supported")
    return ops.pad(tensor, integers(paddings), mode.upper(), constant_values)


@function("reverse")
def reverse(tensor: Value, axis: Any) -> Value:
    """`tensor` reversed along axes."""
    return ops.reverse(tensor, list(axis) if isinstance(axis, list | tuple) else [axis])


@function("roll")
def roll(input: Value, shift: Any, axis: Any) -> Value:
    """`input` with elements moved along axes, and from the end to the front."""
    return ops.roll(input, integers(shift), integers(axis))


@function("shape", "compat.v1.shape")
def shape(input: Value, out_type: Any = None) -> Value:
    """The shape of `input`: integers (rank,)."""
    return ops.shape(input, dtype_of(out_type, dtypes.int32))


@function("size", "compat.v1.size")
def size(input: Value, out_type: Any = None) -> Value:
    """The number of elements of `input`, a scalar."""
    return ops.size(input, dtype_of(out_type, dtypes.int32))


@function("rank")
def rank(input: Value) -> Value:
    """The number of axes of `input`, an int32 scalar."""
    return ops.rank(input)


@function("identity")
def identity(input: Value) -> Value:
    """`input` itself."""
    return ops.identity(input)


@function("convert_to_tensor", "compat.v1.convert_to_tensor")
def convert_to_tensor(value: Value, dtype: Any = None, dtype_hint: Any = None) -> Value:
    """`value` itself, which is a tensor already; losses of Keras call it.

    Raises:
      ValueError: another dtype is asked for.
    """
    if dtype_of(dtype, value.dtype) is not value.dtype:
        raise ValueError(f"expected the dtype {value.dtype.name} of the tensor, got {dtype!r}")
    return value


@function("stop_gradient")
def stop_gradient(input: Value) -> Value:
    """`input` itself, but no gradient flows through it."""
    return ops.stop_gradient(input)


@function("ensure_shape")
def ensure_shape(x: Value, shape: Any) -> Value:
    """`x` itself, checked to have the shape."""
    return emit_one("EnsureShape", x, shape=tuple(shape))


@function("zeros_like", "compat.v1.zeros_like")
def zeros_like(input: Value, dtype: Any = None, optimize: bool = True, layout: Any = None) -> Value:
    """Zeros in the shape of `input`."""
    wanted = dtype_of(dtype, input.dtype)
    return ops.zeros_like(input if wanted is input.dtype else ops.cast(input, wanted))


@function("ones_like", "compat.v1.ones_like")
def ones_like(input: Value, dtype: Any = None, optimize: bool = True, layout: Any = None) -> Value:
    """Ones in the shape of `input`."""
    wanted = dtype_of(dtype, input.dtype)
    return ops.ones_like(input if wanted is input.dtype else ops.cast(input, wanted))


@function("fill")
def fill(dims: Any, value: Any, layout: Any = None) -> Value:
    """The scalar `value` everywhere, in the shape `dims`."""
    return ops.fill(integers(dims), value)


@function("zeros")
def zeros(shape: Any, dtype: Any = None, layout: Any = None) -> Value:
    """Zeros of a shape."""
    return ops.fill(integers(shape), np.zeros((), dtype_of(dtype, dtypes.float32).numpy))


@function("ones")
def ones(shape: Any, dtype: Any = None, layout: Any = None) -> Value:
    """Ones of a shape."""
    return ops.fill(integers(shape), np.ones((), dtype_of(dtype, dtypes.float32).numpy))


@function("range")
def range_(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Value:
    """The numbers start, start + delta, ... before limit; `start` is the limit, from 0, if no other is given."""
    if limit is None:
        start, limit = 0, start
    found = ops.range_(start, limit, delta)
    return ops.cast(found, dtype_of(dtype, found.dtype))


@function("linspace")
def linspace(start: Any, stop: Any, num: Any, axis: int = 0) -> Value:
    """`num` numbers from start to stop, both included, along a new axis."""
    if not isinstance(num, int) or num < 1:
        raise ValueError(f"num: expected a positive number, got {num!r}")
    beside = first_value(start, stop)
    first, last = tensor(start, beside), tensor(stop, beside)
    (at,) = axes_of(axis, first.rank + 1)
    low, high = ops.expand_dims(first, at), ops.expand_dims(last, at)
    if num == 1:
        return low
    steps = np.arange(1, num - 1, dtype=first.dtype.numpy)
    shape = [-1 if i == at else 1 for i in range(first.rank + 1)]
    between = low + (high - low) / float(num - 1) * steps.reshape(shape)
    return ops.concat([low, between, high], at)


@function("broadcast_to")
def broadcast_to(input: Value, shape: Any) -> Value:
    """`input` broadcast to a shape."""
    return ops.broadcast_to(input, integers(shape))


@function("__operators__.getitem")
def getitem(tensor: Value, slice_spec: Any, var: Any = None) -> Value:
    """`tensor[slice_spec]`."""
    if isinstance(slice_spec, Value) and slice_spec.dtype is dtypes.bool_:
        mask: Value = selection.boolean_mask(tensor, slice_spec)
        return mask
    return ops.getitem(tensor, tuple(slice_spec) if isinstance(slice_spec, list) else slice_spec)


@function("slice")
def slice_(input_: Value, begin: Any, size: Any) -> Value:
    """`size` elements of `input_` from `begin` on along each axis."""
    return ops.slice_(input_, integers(begin), integers(size))


@function("strided_slice")
def strided_slice(
    input_: Value,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
) -> Value:
    """The elements begin, begin + stride, ... before end of `input_` along each axis."""
    first = integers(begin)
    steps = [1] * len(begin) if strides is None and isinstance(begin, list | tuple) else strides
    if steps is None:
        steps = ops.ones_like(first)
    return ops.strided_slice(
        input_,
        first,
        integers(end),
        integers(steps),
        begin_mask=begin_mask,
        end_mask=end_mask,
        ellipsis_mask=ellipsis_mask,
        new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask,
    )
