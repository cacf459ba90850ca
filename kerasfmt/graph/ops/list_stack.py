"""Lists of tensors that grow and shrink at their end: what a loop leaves behind for its gradient.

In the interpreter a list that grew is a `TensorStack`: it holds its last element and the list before.

Source: tensorflow/core/ops/list_ops.cc; tensorflow/core/kernels/list_kernels.h.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, scalar
from kerasfmt.graph.ops.tensor_list import TensorList, element_shape
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


class TensorStack(TensorList):
    """A list with one element more than another one.

    Args:
      rest: the other list.
      last: the element.
    """

    def __init__(self, rest: TensorList, last: Array) -> None:
        super().__init__([], rest.element)
        self._items = None
        self.rest = rest
        self.last = last

    @override
    def items(self) -> list[Any]:
        if self._items is None and self._newer is None:
            upper: list[Any] = []
            lower: TensorList = self
            while isinstance(lower, TensorStack) and lower._items is None and lower._newer is None:
                upper.append(lower.last)
                lower = lower.rest
            self._items = [*lower.items(), *reversed(upper)]
        return super().items()


def popped(handle: TensorList) -> tuple[TensorList, Any]:
    """A list without its last element, and that element.

    Raises:
      IndexError: the list is empty.
    """
    if isinstance(handle, TensorStack):
        return handle.rest, handle.last
    items = handle.items()
    if not items:
        raise IndexError("the list has no element to take")
    return TensorList(items[:-1], handle.element), items[-1]


@register("EmptyTensorList")
class EmptyTensorList(Op):
    """A list without elements."""

    infer = staticmethod(scalar)

    @staticmethod
    @override
    def run(attrs: Attrs, shape: Array, maximum: Array) -> list[Any]:
        return [TensorList([], shape)]


@register("TensorListPushBack")
class TensorListPushBack(Op):
    """A list with one element more."""

    infer = staticmethod(scalar)

    @staticmethod
    @override
    def run(attrs: Attrs, handle: TensorList, item: Any) -> list[Any]:
        return [TensorStack(handle, item)]


@register("TensorListPopBack")
class TensorListPopBack(Op):
    """A list without its last element, and that element."""

    @staticmethod
    @override
    def infer(attrs: Attrs, handle: Value, shape: Value) -> list[Shape]:
        return [(), element_shape(handle, shape)]

    @staticmethod
    @override
    def run(attrs: Attrs, handle: TensorList, shape: Array) -> list[Any]:
        rest, last = popped(handle)
        return [rest, np.zeros(tuple(shape), attrs["element_dtype"].numpy) if last is None else last]


@register("TensorListElementShape")
class TensorListElementShape(Op):
    """What is known of the shape of the elements of a list: -1 for a size that is not known."""

    @staticmethod
    @override
    def infer(attrs: Attrs, handle: Value) -> list[Shape]:
        known = element_shape(handle)
        return [None if known is None else (len(known),)]

    @staticmethod
    @override
    def run(attrs: Attrs, handle: TensorList) -> list[Array]:
        return [handle.element.astype(attrs["shape_type"].numpy)]


@register("TensorListResize")
class TensorListResize(Op):
    """A list with so many elements: the first ones, and then elements that are not set."""

    infer = staticmethod(scalar)

    @staticmethod
    @override
    def run(attrs: Attrs, handle: TensorList, size: Array) -> list[Any]:
        items, count = handle.items(), int(size)
        if count < 0:
            raise ValueError(f"expected a length of at least 0, got {count}")
        return [TensorList([*items[:count], *[None] * (count - len(items))], handle.element)]


def tensor_list_push_back(handle: Value, item: Operand) -> Value:
    """The list with `item` behind its last element: variant (). Source: TensorFlow op TensorListPushBack."""
    return emit_one("TensorListPushBack", handle, item)
