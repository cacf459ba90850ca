"""Layers of Keras 3 whose weights are whole numbers of 8 or 4 bits, with scales: what `model.quantize` makes.

They predict and are not trained. With `input_range`, the inputs are made whole numbers as well, each row by its own
greatest value; then products are those of whole numbers.

Source: keras/src/layers/core/dense.py, einsum_dense.py, embedding.py, reversible_embedding.py (3.x).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.initializers import Ones, Zeros
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.core import Dense, EinsumDense, Embedding, ReversibleEmbedding, einsum_weights
from kerasfmt.nn import quantization
from kerasfmt.nn.shapes import dims_of, read, reshape_to
from kerasfmt.typing import override


class Quantized(Layer, register=False):
    """Base of layers with quantized weights.

    Args:
      quantization: "int8", or "int4" for two numbers in a byte.
      block_size: for "int4": how many rows of a weight have one scale and one zero; None for all of them, which then
        have a scale only.
      input_range: the least and the greatest whole number that inputs become; None for inputs that stay floats.
      input_epsilon: what is added to the greatest absolute value of inputs.
    """

    quantization: str = fields.choice("int8", "int4", default="int8", kw_only=True)
    block_size: int | None = fields.option(default=None, kw_only=True)
    input_range: Sequence[float] | None = fields.option(default=None, kw_only=True)
    input_epsilon: float = fields.number(default=1e-7, kw_only=True)
    zero: Weight | None = fields.state(default=None)
    g_idx: Weight | None = fields.state(default=None)

    @override
    def __init_subclass__(cls, register: bool = True, **kwargs: Any) -> None:
        """The options of the layer that is quantized come first."""
        first, *others = (base for base in cls.__bases__ if issubclass(base, Layer))
        own = {name: field for name, field in first.fields.items() if name not in Layer.fields}
        cls.fields = {**(others[0].fields if others else Layer.fields), **own}
        super().__init_subclass__(register=register, **kwargs)

    @override
    def validate(self) -> None:
        """Checks the block size and the range."""
        super().validate()
        size, bounds = self.block_size, self.input_range
        if size is not None and (not isinstance(size, int) or size < 1 or self.quantization != "int4"):
            raise self.fail(f"option block_size: expected None, or a positive number for int4, got {size!r}")
        if bounds is not None and (len(bounds) != 2 or bounds[0] >= bounds[1]):
            raise self.fail(f"option input_range: expected two numbers in order, got {bounds!r}")

    @override
    def archive_variables(self) -> Mapping[str, Weight]:
        """The weights in the order in which they are made, whichever of them are trained."""
        return {
            str(number): weight
            for number, weight in enumerate(dict.fromkeys(self.weight_attributes.values()))
        }

    def whole(self, name: str, shape: tuple[int, ...]) -> Weight:
        """A weight of whole numbers; for int4 the last axis holds two in each byte."""
        if self.quantization == "int4":
            shape = (*shape[:-1], (shape[-1] + 1) // 2)
        return self.add_weight(
            name, shape, initializer=Zeros(), dtype=dtypes.int8, trainable=False, autocast=False
        )

    def scale(self, name: str, shape: tuple[int, ...]) -> Weight:
        """The scales of a weight."""
        return self.add_weight(f"{name}_scale", shape, initializer=Ones(), trainable=False)

    def grouped(self, name: str, shape: tuple[int, ...], size: int) -> None:
        """The zeros of a weight whose entries along an axis of a size are in blocks, and the block of each entry."""
        assert self.block_size is not None
        self.zero = self.add_weight(
            f"{name}_zero", shape, initializer=Zeros(), dtype=dtypes.int8, trainable=False, autocast=False
        )
        self.g_idx = self.add_weight("g_idx", (size,), dtype=dtypes.float32, trainable=False, autocast=False)
        self.g_idx.value = (np.arange(size) // self.block_size).astype(np.float32)

    def blocks(self, size: int) -> int | None:
        """The number of blocks along an axis of a size; None where there are none."""
        return None if self.block_size is None else math.ceil(size / self.block_size)

    def values(self, weight: Weight, beside: Value, size: int) -> Value:
        """The whole numbers of a weight, whose last axis has a size."""
        stored = beside.graph.read(weight)
        return quantization.unpacked(stored, size) if self.quantization == "int4" else stored

    def in_groups(self, whole: Value, scale: Weight, zero: Weight | None, beside: Value, axis: int) -> Value:
        """The floats of whole numbers in blocks along an axis."""
        assert zero is not None
        assert self.g_idx is not None
        graph = beside.graph
        found = quantization.of_groups(
            whole, read(beside, scale), graph.read(zero), graph.read(self.g_idx), axis
        )
        return ops.cast(found, self.compute_dtype)

    def made_whole(self, x: Value, axes: Sequence[int]) -> tuple[Value, Value]:
        """Inputs as whole numbers, int32, and their scale."""
        assert self.input_range is not None
        return quantization.quantized(x, axes, self.input_range[0], self.input_range[1], self.input_epsilon)

    def product(self, x: Value, whole: Value, scale: Value) -> Value:
        """The product of inputs (..., n) and whole numbers (n, m), divided by scales: (..., m)."""
        divisor = scale
        if self.input_range is None:
            whole = ops.cast(whole, x.dtype)
        else:
            x, own = self.made_whole(x, [-1])
            whole, divisor = ops.cast(whole, dtypes.int32), scale * own
        return ops.real_div(ops.cast(_dot(x, whole), self.compute_dtype), divisor)


def _dot(x: Value, matrix: Value) -> Value:
    if x.rank == 2:
        return ops.matmul(x, matrix)
    depth, units = matrix.dims
    return reshape_to(ops.matmul(ops.reshape(x, [-1, depth]), matrix), [*dims_of(x)[:-1], units or -1])


class QuantizedDense(Quantized, Dense):
    """A Dense whose kernel is quantized; options as `Dense` and `Quantized`.

    Input: float (batch, ..., features). Output: float (batch, ..., units).
    """

    facts = replace(Dense.facts, absent_in=2, name_in_keras3="Dense")
    kernel_scale: Weight = fields.weight()
    features: int = fields.state(default=0)

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel of int8 (features, units), a bias (units,) and scales."""
        features = self.last_dim(inputs)
        blocks = self.blocks(features)
        self.kernel = self.whole("kernel", (features, self.units))
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.units,))
        shape = (self.units,) if blocks is None else (blocks, self.units)
        self.kernel_scale = self.scale("kernel", shape)
        if blocks is not None:
            self.grouped("kernel", shape, features)

    @override
    def call(self, inputs: Value) -> Value:
        whole = self.values(self.kernel, inputs, self.units)
        if self.block_size is None:
            outputs = self.product(inputs, whole, read(inputs, self.kernel_scale))
        else:
            outputs = _dot(inputs, self.in_groups(whole, self.kernel_scale, self.zero, inputs, 0))
        if self.use_bias:
            outputs = ops.bias_add(outputs, self.bias)
        return self.activation(outputs)


class QuantizedEinsumDense(Quantized, EinsumDense):
    """An EinsumDense whose kernel is quantized; options as `EinsumDense` and `Quantized`.

    The equation has no ellipsis: Keras cannot quantize one that has.
    """

    facts = replace(EinsumDense.facts, absent_in=2, name_in_keras3="EinsumDense")
    kernel_scale: Weight = fields.weight()
    kernel_shape: tuple[int, ...] = fields.state(default=())

    @property
    def labels(self) -> tuple[str, str, str]:
        """The subscripts of inputs, kernel and outputs."""
        left, _, output = self.equation.replace(" ", "").partition("->")
        inputs, _, kernel = left.partition(",")
        return inputs, kernel, output

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel of int8, a bias if there are bias axes, and scales."""
        if "." in self.equation:
            raise self.fail(
                f"option equation: a quantized kernel takes none with an ellipsis, got {self.equation!r}"
            )
        shape, bias = einsum_weights(self.equation, self.bias_axes, inputs.shape or (), self.output_shape)
        self.kernel_shape = shape
        _, kernel, output = self.labels
        sizes = dict(zip(kernel, shape, strict=True))
        rows = math.prod(size for label, size in sizes.items() if label not in output)
        columns = math.prod(size for label, size in sizes.items() if label in output)
        blocks = self.blocks(rows)
        self.kernel = self.whole("kernel", shape if self.quantization == "int8" else (rows, columns))
        if bias is not None:
            self.bias = self.add_weight("bias", bias)
        scales = tuple(sizes.get(label, 1) for label in output)
        if self.quantization == "int4":
            scales = (columns,) if blocks is None else (blocks, columns)
        self.kernel_scale = self.scale("kernel", scales)
        if blocks is not None:
            self.grouped("kernel", scales, rows)

    @override
    def call(self, inputs: Value) -> Value:
        outputs = self._product(inputs)
        if self.bias is not None:
            outputs = outputs + self.bias
        return self.activation(outputs)

    def _product(self, x: Value) -> Value:
        scale = read(x, self.kernel_scale)
        if self.quantization == "int8":
            whole = self.values(self.kernel, x, 0)
            if self.input_range is None:
                found = ops.einsum(self.equation, [x, ops.cast(whole, x.dtype)])
                return ops.real_div(found, scale)
            small, own = self._small(x)
            found = ops.einsum(self.equation, [small, ops.cast(whole, dtypes.int32)])
            return ops.real_div(ops.cast(found, self.compute_dtype), own * scale)
        _, kernel, output = self.labels
        columns = math.prod(n for label, n in zip(kernel, self.kernel_shape, strict=True) if label in output)
        whole = self.values(self.kernel, x, columns)
        if self.block_size is not None:
            return ops.einsum(
                self.equation,
                [
                    x,
                    ops.reshape(self.in_groups(whole, self.kernel_scale, self.zero, x, 0), self.kernel_shape),
                ],
            )
        weights = ops.reshape(ops.real_div(ops.cast(whole, self.compute_dtype), scale), self.kernel_shape)
        if self.input_range is None:
            return ops.einsum(self.equation, [x, weights])
        small, own = self._small(x)
        return ops.real_div(ops.einsum(self.equation, [ops.cast(small, weights.dtype), weights]), own)

    def _small(self, x: Value) -> tuple[Value, Value]:
        """Inputs as whole numbers, and their scale with the axes of the outputs."""
        inputs, _, output = self.labels
        small, own = self.made_whole(x, [i for i, label in enumerate(inputs) if label not in output])
        gone = [i for i, label in enumerate(inputs) if label not in output]
        own = ops.squeeze(own, gone) if gone else own
        kept = [label for label in inputs if label in output]
        own = ops.transpose(own, [kept.index(label) for label in output if label in kept])
        for place, label in enumerate(output):
            if label not in kept:
                own = ops.expand_dims(own, place)
        return small, own


class QuantizedEmbedding(Quantized, Embedding):
    """An Embedding whose table is quantized; options as `Embedding` and `Quantized`.

    Input: integers (batch, ...). Output: float (batch, ..., output_dim).
    """

    facts = replace(Embedding.facts, absent_in=2, name_in_keras3="Embedding")
    embeddings_scale: Weight = fields.weight()

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a table of int8 (input_dim, output_dim) and scales."""
        blocks = self.blocks(self.output_dim)
        self.embeddings = self.whole("embeddings", (self.input_dim, self.output_dim))
        shape = (self.input_dim,) if blocks is None else (self.input_dim, blocks)
        self.embeddings_scale = self.scale("embeddings", shape)
        if blocks is not None:
            self.grouped("embeddings", shape, self.output_dim)

    @override
    def call(self, inputs: Value) -> Value:
        indices = inputs if inputs.dtype.name in ("int32", "int64") else ops.cast(inputs, "int32")
        found = ops.gather(self.values(self.embeddings, inputs, self.output_dim), indices)
        scales = ops.cast(ops.gather(inputs.graph.read(self.embeddings_scale), indices), self.compute_dtype)
        if self.block_size is None:
            return ops.real_div(ops.cast(found, self.compute_dtype), ops.expand_dims(scales, -1))
        assert self.zero is not None
        assert self.g_idx is not None
        zeros = ops.gather(inputs.graph.read(self.zero), indices)
        return quantization.of_groups(found, scales, zeros, inputs.graph.read(self.g_idx), scales.rank - 1)


class QuantizedReversibleEmbedding(QuantizedEmbedding, ReversibleEmbedding):
    """A ReversibleEmbedding whose tables are quantized; options as `ReversibleEmbedding` and `Quantized`.

    Input: as `Embedding`, or with `reverse=True` float (batch, ..., output_dim). Output: as `Embedding`, or scores
    (batch, ..., input_dim).
    """

    facts = replace(ReversibleEmbedding.facts, absent_in=2, name_in_keras3="ReversibleEmbedding")
    reverse_embeddings_scale: Weight = fields.weight()
    reverse_zero: Weight | None = fields.state(default=None)

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a table of int8 (input_dim, output_dim) and scales, and another (output_dim, input_dim) if not tied."""
        super().build(inputs)
        if self.tie_weights:
            return
        blocks, rows = self.blocks(self.output_dim), self.output_dim
        self.reverse_embeddings = self.add_weight(
            "reverse_embeddings",
            ((rows + 1) // 2 if self.quantization == "int4" else rows, self.input_dim),
            initializer=Zeros(),
            dtype=dtypes.int8,
            trainable=False,
            autocast=False,
        )
        shape = (self.input_dim,) if blocks is None else (blocks, self.input_dim)
        self.reverse_embeddings_scale = self.scale("reverse_embeddings", shape)
        if blocks is not None:
            self.reverse_zero = self.add_weight(
                "reverse_embeddings_zero", shape, initializer=Zeros(), trainable=False
            )

    def _reverse_table(self, x: Value) -> tuple[Value, Weight, Weight | None]:
        """The whole numbers (output_dim, input_dim) of the way back, their scales and zeros."""
        if self.tie_weights:
            whole = self.values(self.embeddings, x, self.output_dim)
            return ops.transpose(whole, [1, 0]), self.embeddings_scale, self.zero
        stored = x.graph.read(self.reverse_embeddings)
        if self.quantization == "int4":
            turned = quantization.unpacked(ops.transpose(stored, [1, 0]), self.output_dim)
            stored = ops.transpose(turned, [1, 0])
        return stored, self.reverse_embeddings_scale, self.reverse_zero

    @override
    def call(self, inputs: Value, reverse: bool = False) -> Value:
        if not reverse:
            return super().call(inputs)
        x = ops.cast(inputs, self.compute_dtype)
        whole, scale, zero = self._reverse_table(x)
        if self.block_size is None:
            scores = self.product(x, whole, read(x, scale))
        else:
            axis = 1 if self.tie_weights else 0
            whole = ops.transpose(whole, [1, 0]) if self.tie_weights else whole
            table = self.in_groups(whole, scale, zero, x, axis)
            table = ops.transpose(table, [1, 0]) if self.tie_weights else table
            if self.input_range is None:
                scores = _dot(x, table)
            else:
                small, own = self.made_whole(x, [-1])
                scores = ops.real_div(_dot(ops.cast(small, table.dtype), table), own)
        if self.logit_soft_cap is None:
            return scores
        return ops.tanh(scores / self.logit_soft_cap) * self.logit_soft_cap
