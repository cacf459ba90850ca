"""Lists of tensors: what a loop reads step by step, and what it writes step by step.

In the interpreter a list is a `TensorList`. Setting an element gives a new list, which shares everything else with the
old one: a loop that writes n steps costs n assignments.

Source: tensorflow/core/ops/list_ops.cc; tensorflow/core/kernels/list_kernels.h.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, scalar
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.spec import Shape, merge_shapes
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override

_UNKNOWN: Array = np.array(-1, np.int32)
"""What is said of elements of which nothing is known."""


class TensorList:
    """A list of arrays that no operation changes; None stands for an element that is not set yet.

    The newest list holds the arrays. An older one holds only how it differs from the next one; when it is read, it
    becomes the one that holds them.

    Attributes:
      element: what was said of the shape of its elements, as TensorFlow's list ops take it.
    """

    def __init__(self, items: list[Any], element: Array = _UNKNOWN) -> None:
        self.element = element
        self._items: list[Any] | None = items
        self._newer: tuple[TensorList, int, Array | None] | None = None

    def items(self) -> list[Any]:
        """The arrays; not to be changed."""
        chain: list[TensorList] = []
        holder = self
        while holder._newer is not None:
            chain.append(holder)
            holder = holder._newer[0]
        for older in reversed(chain):
            assert older._newer is not None and holder._items is not None
            _, index, item = older._newer
            held, holder._items = holder._items, None
            holder._newer = (older, index, held[index])
            held[index] = item
            older._items, older._newer = held, None
            holder = older
        assert self._items is not None
        return self._items

    def with_item(self, index: int, item: Array) -> TensorList:
        """The list with another array at `index`.

        Raises:
          IndexError: there is no such index.
        """
        items = self.items()
        if not 0 <= index < len(items):
            raise IndexError(f"index {index} is out of range for a list of {len(items)} tensors")
        newer = TensorList(items, self.element)
        self._items, self._newer = None, (newer, index, items[index])
        items[index] = item
        return newer

    def zeros(self) -> TensorList:
        """Zeros for each element that is set."""
        return TensorList([None if x is None else np.zeros_like(x) for x in self.items()], self.element)

    def plus(self, other: TensorList) -> TensorList:
        """The sums of the elements; one that is not set counts as zeros.

        Raises:
          ValueError: the other list has another length.
        """
        pairs = zip(self.items(), other.items(), strict=True)
        return TensorList([a if b is None else b if a is None else a + b for a, b in pairs], self.element)


_OF_A_LIST = frozenset({"TensorListPopBack", "TensorListPushBack", "TensorListResize", "TensorListSetItem"})
"""Ops that make a list of their first operand, with elements of the same shape."""


def stated_shape(value: Value) -> Shape:
    """The shape that an operand states, as far as it is known; -1 is an unknown size, and a scalar an unknown shape."""
    known = partial_value(value)
    if known is None or value.shape == ():
        return None
    return tuple(None if size is None or size < 0 else size for size in known)


def element_shape(handle: Value, stated: Value | None = None) -> Shape:
    """What is known of the shape of the elements of a list: what an operand states, and what the list is made of."""
    node = handle.node
    while node.op in _OF_A_LIST:
        node = node.inputs[0].node
    known = None if stated is None else stated_shape(stated)
    if node.op == "TensorListFromTensor":
        rows = node.inputs[0].shape
        return merge_shapes(known, rows and rows[1:])
    made = node.op in ("TensorListReserve", "EmptyTensorList")
    return merge_shapes(known, stated_shape(node.inputs[0])) if made else known


def _stated(shape: Array, item: Array | None, dtype: DType) -> Array:
    """An element; zeros where it is not set, which needs a full shape.

    Raises:
      ValueError: it is not set, and its shape is not known.
    """
    if item is not None:
        return item
    if shape.ndim != 1 or (shape < 0).any():
        raise ValueError("an element of the list is not set, and its shape is not known")
    return np.zeros(tuple(shape), dtype.numpy)


@register("TensorListReserve")
class TensorListReserve(Op):
    """A list of so many elements, none of them set."""

    infer = staticmethod(scalar)

    @staticmethod
    @override
    def run(attrs: Attrs, shape: Array, count: Array) -> list[Any]:
        return [TensorList([None] * int(count), shape)]


@register("TensorListFromTensor")
class TensorListFromTensor(Op):
    """The rows of a tensor as a list."""

    infer = staticmethod(scalar)

    @staticmethod
    @override
    def run(attrs: Attrs, tensor: Array, shape: Array) -> list[Any]:
        return [TensorList(list(tensor), shape)]


@register("TensorListGetItem")
class TensorListGetItem(Op):
    """One element of a list."""

    @staticmethod
    @override
    def infer(attrs: Attrs, handle: Value, index: Value, shape: Value) -> list[Shape]:
        return [element_shape(handle, shape)]

    @staticmethod
    @override
    def run(attrs: Attrs, handle: TensorList, index: Array, shape: Array) -> list[Array]:
        items, at = handle.items(), int(index)
        if not 0 <= at < len(items):
            raise IndexError(f"index {at} is out of range for a list of {len(items)} tensors")
        return [_stated(shape, items[at], attrs["element_dtype"])]


@register("TensorListSetItem")
class TensorListSetItem(Op):
    """A list with another element at an index."""

    infer = staticmethod(scalar)

    @staticmethod
    @override
    def run(attrs: Attrs, handle: TensorList, index: Array, item: Array) -> list[Any]:
        return [handle.with_item(int(index), item)]


@register("TensorListStack")
class TensorListStack(Op):
    """The elements of a list as the rows of a tensor."""

    @staticmethod
    @override
    def infer(attrs: Attrs, handle: Value, shape: Value) -> list[Shape]:
        element = element_shape(handle, shape)
        count = attrs["num_elements"]
        return [None if element is None else (None if count < 0 else count, *element)]

    @staticmethod
    @override
    def run(attrs: Attrs, handle: TensorList, shape: Array) -> list[Array]:
        items, dtype = handle.items(), attrs["element_dtype"]
        known = next((np.array(item.shape) for item in items if item is not None), shape)
        if not items:
            return [_stated(np.array([0, *known]), None, dtype)]
        return [np.stack([_stated(known, item, dtype) for item in items])]


@register("TensorListLength")
class TensorListLength(Op):
    """The number of elements of a list."""

    infer = staticmethod(scalar)

    @staticmethod
    @override
    def run(attrs: Attrs, handle: TensorList) -> list[Array]:
        return [np.array(len(handle.items()), np.int32)]


def element_operand(shape: Shape) -> Array:
    """A shape as TensorFlow's list ops take it."""
    if shape is None:
        return np.array(-1, np.int32)
    return np.array([-1 if size is None else size for size in shape], np.int32)


def tensor_list_reserve(count: Value, element: Shape, dtype: DType) -> Value:
    """A list of `count` tensors that are not set yet: variant ().

    Args:
      count: int32 ().
      element: the shape of each, as far as it is known.
      dtype: the dtype of each.

    Source: TensorFlow op TensorListReserve.
    """
    return emit_one("TensorListReserve", element_operand(element), count, element_dtype=dtype)


def tensor_list_from_tensor(tensor: Value) -> Value:
    """The rows of a tensor (n, ...) as a list of n tensors: variant ().

    Source: TensorFlow op TensorListFromTensor.
    """
    return emit_one("TensorListFromTensor", tensor, element_operand(tensor.shape and tensor.shape[1:]))


def tensor_list_get_item(handle: Value, index: Operand, element: Shape, dtype: DType) -> Value:
    """The tensor at `index` of a list.

    Args:
      handle: variant ().
      index: int32 ().
      element: its shape, as far as it is known.
      dtype: its dtype.

    Source: TensorFlow op TensorListGetItem.
    """
    return emit_one("TensorListGetItem", handle, index, element_operand(element), element_dtype=dtype)


def tensor_list_set_item(handle: Value, index: Operand, item: Operand) -> Value:
    """The list with `item` at `index`: variant ().

    Source: TensorFlow op TensorListSetItem.
    """
    return emit_one("TensorListSetItem", handle, index, item)


def tensor_list_stack(handle: Value, element: Shape, dtype: DType, count: int | None = None) -> Value:
    """The tensors of a list as one tensor (count, ...).

    Args:
      handle: variant ().
      element: the shape of each, as far as it is known.
      dtype: the dtype of each.
      count: how many there are, where it is known.

    Source: TensorFlow op TensorListStack.
    """
    return emit_one(
        "TensorListStack",
        handle,
        element_operand(element),
        element_dtype=dtype,
        num_elements=-1 if count is None else count,
    )
