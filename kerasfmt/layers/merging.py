"""Layers that merge inputs: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from kerasfmt.graph import Shape, Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.layer import Layer


class Merge(Layer, register=False):
    """Base of the merges: inputs of different ranks get axes of 1 after the batch, then broadcast.

    Input: a list of tensors. Output: one tensor.
    Source: tf_keras/src/layers/merging/base_merge.py.
    """

    supports_masking = True

    def build(self, inputs: Any) -> None:
        """Checks that the shapes broadcast."""
        shapes = [spec.shape for spec in self.listed(inputs)]
        batches = {shape[0] for shape in shapes if shape} - {None}
        if len(batches) > 1:
            raise self.fail(f"expected inputs of one batch size, got shapes {shapes}")
        merged = shapes[0] and shapes[0][1:]
        for shape in shapes[1:]:
            merged = self._broadcast(merged, shape and shape[1:], shapes)

    def _broadcast(self, a: Shape, b: Shape, shapes: list[Shape]) -> Shape:
        if a is None or b is None:
            return None
        long, short = (a, b) if len(a) >= len(b) else (b, a)
        out = list(long[: len(long) - len(short)])
        for x, y in zip(long[len(out) :], short, strict=True):
            if x != y and None not in (x, y) and 1 not in (x, y):
                raise self.fail(f"expected inputs whose shapes broadcast, got {shapes}")
            out.append(None if None in (x, y) else y if x == 1 else x)
        return tuple(out)

    def listed(self, inputs: Any) -> list[Any]:
        """The inputs as a list."""
        found = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        if not all(isinstance(item, Spec | Value) for item in found) or not found:
            raise self.fail(f"expected a list of tensors, got {type(inputs).__name__}")
        return found

    def call(self, inputs: Any) -> Value:
        """The outputs."""
        values: list[Value] = self.listed(inputs)
        rank = max(value.rank for value in values)
        return self.merge([_with_rank(value, rank) for value in values])

    def merge(self, values: list[Value]) -> Value:
        """The merge of inputs of one rank."""
        raise NotImplementedError

    def compute_mask(self, inputs: Any, mask: Any) -> Value | None:
        """True where all the masks are."""
        given = [m for m in self._masks(mask) if m is not None]
        if not given:
            return None
        return ops.reduce_all(concatenate([ops.expand_dims(m, 0) for m in given], 0), 0)

    def _masks(self, mask: Any) -> Sequence[Value | None]:
        return mask if isinstance(mask, list | tuple) else [mask]


def _with_rank(value: Value, rank: int) -> Value:
    while value.rank < rank:
        value = ops.expand_dims(value, 1)
    return value


def concatenate(values: list[Value], axis: int) -> Value:
    """The values joined along `axis`; one value as it is."""
    return ops.concat(values, axis) if len(values) > 1 else ops.identity(values[0])


class Add(Merge):
    """The sum of the inputs.

    Source: tf_keras/src/layers/merging/add.py.
    """

    def merge(self, values: list[Value]) -> Value:
        """The sum."""
        return reduce(ops.add, values)


class Subtract(Merge):
    """The first of two inputs minus the second.

    Source: tf_keras/src/layers/merging/subtract.py.
    """

    def build(self, inputs: Any) -> None:
        """Checks that there are two inputs and that their shapes broadcast."""
        super().build(inputs)
        if len(self.listed(inputs)) != 2:
            raise self.fail(f"expected 2 inputs, got {len(self.listed(inputs))}")

    def merge(self, values: list[Value]) -> Value:
        """The difference."""
        return ops.subtract(values[0], values[1])


class Multiply(Merge):
    """The product of the inputs, elementwise.

    Source: tf_keras/src/layers/merging/multiply.py.
    """

    def merge(self, values: list[Value]) -> Value:
        """The product."""
        return reduce(ops.multiply, values)


class Average(Merge):
    """The mean of the inputs, elementwise.

    Source: tf_keras/src/layers/merging/average.py.
    """

    def merge(self, values: list[Value]) -> Value:
        """The mean."""
        total = reduce(ops.add, values)
        if not total.dtype.is_floating:
            total = ops.cast(total, "float64")
        return total / len(values)


class Maximum(Merge):
    """The greatest of the inputs, elementwise.

    Source: tf_keras/src/layers/merging/maximum.py.
    """

    def merge(self, values: list[Value]) -> Value:
        """The maximum."""
        return reduce(ops.maximum, values)


class Minimum(Merge):
    """The least of the inputs, elementwise.

    Source: tf_keras/src/layers/merging/minimum.py.
    """

    def merge(self, values: list[Value]) -> Value:
        """The minimum."""
        return reduce(ops.minimum, values)


class Concatenate(Merge):
    """The inputs one after the other along `axis`; their other dimensions agree.

    Args:
      axis: the axis to join along.

    Source: tf_keras/src/layers/merging/concatenate.py.
    """

    axis: int = fields.integer(default=-1)

    def build(self, inputs: Any) -> None:
        """Checks that the shapes agree but for the axis."""
        shapes = [spec.shape for spec in self.listed(inputs) if spec.shape is not None]
        if not shapes:
            return
        rank = len(shapes[0])
        if not -rank <= self.axis < rank:
            raise self.fail(f"option axis: expected an axis of inputs of shapes {shapes}, got {self.axis}")
        others = [[d for i, d in enumerate(shape) if i != self.axis % rank] for shape in shapes]
        clash = any(len({d for d in dims if d is not None}) > 1 for dims in zip(*others, strict=False))
        if clash or len({len(shape) for shape in shapes}) > 1:
            raise self.fail(f"expected inputs whose shapes agree but for axis {self.axis}, got {shapes}")

    def call(self, inputs: Any) -> Value:
        """The outputs."""
        values: list[Value] = self.listed(inputs)
        return concatenate(values, self.axis % values[0].rank)

    def compute_mask(self, inputs: Any, mask: Any) -> Value | None:
        """The masks joined as the inputs are, where an input without a mask counts as true."""
        given = self._masks(mask)
        if all(m is None for m in given):
            return None
        values: list[Value] = self.listed(inputs)
        masks = [self._mask_like(value, m) for value, m in zip(values, given, strict=True)]
        return ops.reduce_all(concatenate(masks, self.axis % masks[0].rank), -1)

    @staticmethod
    def _mask_like(value: Value, mask: Value | None) -> Value:
        if mask is None:
            return ops.cast(ops.ones_like(value), "bool")
        return ops.expand_dims(mask, -1) if mask.rank < value.rank else mask
