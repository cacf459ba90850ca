"""Layers that merge inputs: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate, Dot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

from kerasfmt.graph import Shape, Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.nn.shapes import dims_of, l2_normalize, reshape_to
from kerasfmt.typing import override


class Merge(Layer, register=False):
    """Base of the merging layers; inputs broadcast, with axes of 1 inserted after the batch for lower ranks.

    Input: a list of tensors. Output: one tensor.
    Source: tf_keras/src/layers/merging/base_merge.py.
    """

    facts = KerasFacts(joins_masks=True)
    supports_masking = True

    @override
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

    @override
    def call(self, inputs: Any) -> Value:
        values: list[Value] = self.listed(inputs)
        rank = max(value.rank for value in values)
        return self.merge([_with_rank(value, rank) for value in values])

    def merge(self, values: list[Value]) -> Value:
        """The result for inputs of one rank."""
        raise NotImplementedError

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Value | None:
        """True where all masks are true."""
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
    """The values joined along `axis`; a single value unchanged."""
    return ops.concat(values, axis) if len(values) > 1 else ops.identity(values[0])


class Add(Merge):
    """The sum of the inputs.

    Source: tf_keras/src/layers/merging/add.py.
    """

    @override
    def merge(self, values: list[Value]) -> Value:
        return reduce(ops.add, values)


class Subtract(Merge):
    """The first of two inputs minus the second.

    Source: tf_keras/src/layers/merging/subtract.py.
    """

    facts = replace(Merge.facts, build_calls_base=True)

    @override
    def build(self, inputs: Any) -> None:
        """Checks that there are two inputs and that their shapes broadcast."""
        super().build(inputs)
        if len(self.listed(inputs)) != 2:
            raise self.fail(f"expected 2 inputs, got {len(self.listed(inputs))}")

    @override
    def merge(self, values: list[Value]) -> Value:
        return ops.subtract(values[0], values[1])


class Multiply(Merge):
    """The product of the inputs, elementwise.

    Source: tf_keras/src/layers/merging/multiply.py.
    """

    @override
    def merge(self, values: list[Value]) -> Value:
        return reduce(ops.multiply, values)


class Average(Merge):
    """The mean of the inputs, elementwise.

    Source: tf_keras/src/layers/merging/average.py.
    """

    @override
    def merge(self, values: list[Value]) -> Value:
        total = reduce(ops.add, values)
        if not total.dtype.is_floating:
            total = ops.cast(total, "float64")
        return total / len(values)


class Maximum(Merge):
    """The greatest of the inputs, elementwise.

    Source: tf_keras/src/layers/merging/maximum.py.
    """

    @override
    def merge(self, values: list[Value]) -> Value:
        return reduce(ops.maximum, values)


class Minimum(Merge):
    """The least of the inputs, elementwise.

    Source: tf_keras/src/layers/merging/minimum.py.
    """

    @override
    def merge(self, values: list[Value]) -> Value:
        return reduce(ops.minimum, values)


class Concatenate(Merge):
    """The inputs joined along `axis`; their other dimensions must agree.

    Args:
      axis: the axis to join along.

    Source: tf_keras/src/layers/merging/concatenate.py.
    """

    axis: int = fields.integer(default=-1)

    @override
    def build(self, inputs: Any) -> None:
        """Checks that the shapes agree except for the axis."""
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

    @override
    def call(self, inputs: Any) -> Value:
        values: list[Value] = self.listed(inputs)
        return concatenate(values, self.axis % values[0].rank)

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Value | None:
        """The masks joined like the inputs; an input without a mask counts as true."""
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


class Dot(Merge):
    """The product of two inputs, summed over one axis of each, separately for each example.

    Args:
      axes: the axis of both inputs, or one for each.
      normalize: whether both inputs are first scaled to a norm of 1 along their axis.

    Input: two tensors (batch, ...). Output: (batch, rest of the first, rest of the second), or (batch, 1).
    Source: tf_keras/src/layers/merging/dot.py; tf_keras/src/backend.py, batch_dot.
    """

    facts = replace(Merge.facts, joins_masks=False)
    axes: int | tuple[int, int] | list[int] = fields.raw()
    normalize: bool = False

    @override
    def validate(self) -> None:
        """Checks that `axes` is one axis or two."""
        axes = self.axes if isinstance(self.axes, list | tuple) else (self.axes, self.axes)
        if len(axes) != 2 or not all(map(fields.is_integer, axes)):
            raise self.fail(f"option axes: expected an axis or a pair of axes, got {self.axes!r}")

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        return ("axes",) if isinstance(self.axes, list) else ()

    @override
    def build(self, inputs: Any) -> None:
        """Checks that the sizes of the axes agree."""
        specs = self.listed(inputs)
        if len(specs) != 2:
            raise self.fail(f"expected 2 inputs, got {len(specs)}")
        shapes = [spec.shape for spec in specs]
        if shapes[0] is None or shapes[1] is None:
            return
        a, b = self._positive(len(shapes[0]), len(shapes[1]))
        first, second = shapes[0][a], shapes[1][b]
        if first != second:
            raise self.fail(f"expected inputs that agree along axes {a} and {b}, got shapes {shapes}")

    def _positive(self, *ranks: int) -> tuple[int, int]:
        axes = [self.axes] * 2 if isinstance(self.axes, int) else list(self.axes)
        if any(not -rank <= axis < rank or axis % rank == 0 for axis, rank in zip(axes, ranks, strict=True)):
            raise self.fail(f"option axes: expected axes after the batch, got {axes} for {ranks} dimensions")
        return axes[0] % ranks[0], axes[1] % ranks[1]

    @override
    def call(self, inputs: Any) -> Value:
        x, y = self.listed(inputs)
        a, b = self._positive(x.rank, y.rank)
        if self.normalize:
            x, y = l2_normalize(x, a), l2_normalize(y, b)
        flat_x, flat_y = x.rank == 2, y.rank == 2
        if flat_x:
            x, a = ops.expand_dims(x, 1), a + 1
        if flat_y:
            y = ops.expand_dims(y, 2)
        x, y = _moved(x, a, x.rank - 1), _moved(y, b, 1)
        before, behind = dims_of(x)[1:-1], dims_of(y)[2:]
        batch, inner = dims_of(x)[0], dims_of(y)[1]
        matrix = x if x.rank == 3 else reshape_to(x, [batch, -1, dims_of(x)[-1]])
        columns = y if y.rank == 3 else reshape_to(y, [dims_of(y)[0], inner, -1])
        outputs = ops.batch_matmul(matrix, columns)
        if x.rank > 3 or y.rank > 3:
            outputs = reshape_to(outputs, [batch, *before, *behind])
        if flat_x:
            return ops.squeeze(outputs, 1)
        return ops.squeeze(outputs, -1) if flat_y else outputs

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> None:
        return None


def _moved(x: Value, axis: int, to: int) -> Value:
    """`x` with one axis moved to another place."""
    order = [i for i in range(x.rank) if i != axis]
    order.insert(to, axis)
    return x if order == list(range(x.rank)) else ops.transpose(x, order)
