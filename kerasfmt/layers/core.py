"""Core layers: Dense, EinsumDense, Activation, Flatten, Reshape, Dropout, Embedding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kerasfmt import dtypes
from kerasfmt.graph import Spec, Value, known_size, ops
from kerasfmt.ir import activations, constraints, fields, initializers, regularizers
from kerasfmt.ir.fields import LARGEST, Field, is_integer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import ANY_VALUE, ComparedMask, KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.nn.shapes import dims_of, dot_last, dropout, read, reshape_to
from kerasfmt.typing import override


class Dense(Layer):
    """`activation(inputs @ kernel + bias)` over the last axis.

    Args:
      units: size of the output's last axis.
      activation: activation function.
      use_bias: whether a bias is added.

    Input: float (batch, ..., features). Output: float (batch, ..., units).
    Source: tf_keras/src/layers/core/dense.py.
    """

    supports_masking = True
    units: int = fields.positive_integer()
    activation: activations.Option = activations.option()
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    kernel: Weight = fields.weight()
    bias: Weight = fields.weight()

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel (features, units) and a bias (units,)."""
        self.kernel = self.add_weight("kernel", (self.last_dim(inputs), self.units))
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.units,))

    @override
    def input_spec(self) -> InputSpec:
        """At least two dimensions, and the number of features for which the kernel was built."""
        return InputSpec(min_ndim=2, axes={-1: self.kernel.shape[0]})

    @override
    def call(self, inputs: Value) -> Value:
        outputs = ops.matmul(inputs, self.kernel) if inputs.rank == 2 else dot_last(inputs, self.kernel)
        if self.use_bias:
            outputs = ops.bias_add(outputs, self.bias)
        return self.activation(outputs)


class EinsumDense(Layer):
    """`activation(einsum(equation, inputs, kernel) + bias)`.

    Args:
      equation: `input,kernel->output` subscripts; input and output may begin or end with an ellipsis.
      output_shape: shape of the output without the batch; None for a dimension that the input determines.
      activation: activation function.
      bias_axes: subscripts of the output along which the bias varies; None for no bias.

    Source: tf_keras/src/layers/core/einsum_dense.py.
    """

    facts = KerasFacts(tracked_lists=("partial_output_shape", "full_output_shape"), build_calls_base=True)
    config_order = (
        "output_shape", "equation", "activation", "bias_axes", "kernel_initializer", "bias_initializer",
        "kernel_regularizer", "bias_regularizer", "activity_regularizer",
        "kernel_constraint", "bias_constraint",
    )  # fmt: skip
    equation: str
    output_shape: Field[list[int | None], int | Sequence[int | None]] = fields.option(
        convert=lambda v: [v] if isinstance(v, int) else list(v)
    )
    activation: activations.Option = activations.option()
    bias_axes: str | None = None
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    kernel: Weight = fields.weight()
    bias: Weight | None = fields.state(default=None)

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel, and a bias if there are bias axes; the equation determines their shapes."""
        kernel, bias = einsum_weights(self.equation, self.bias_axes, inputs.shape or (), self.output_shape)
        self.kernel = self.add_weight("kernel", kernel)
        if bias is not None:
            self.bias = self.add_weight("bias", bias)

    @override
    def call(self, inputs: Value) -> Value:
        outputs = ops.einsum(self.equation, [inputs, self.kernel])
        if self.bias is not None:
            outputs = outputs + self.bias
        return self.activation(outputs)


_EINSUM = re.compile(r"(0?)([a-zA-Z]+)(0?),([a-zA-Z]+)->(0?)([a-zA-Z]+)(0?)")


def einsum_weights(
    equation: str, bias_axes: str | None, inputs: Sequence[int | None], output_shape: Sequence[int | None]
) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """The shapes of kernel and bias of an EinsumDense.

    Source: tf_keras/src/layers/core/einsum_dense.py, _analyze_einsum_string.

    Raises:
      ValueError: the equation does not fit the shapes.
    """
    found = _EINSUM.fullmatch(equation.replace(" ", "").replace("...", "0"))
    if found is None or (found[1], found[3]) != (found[5], found[7]) or (found[1] and found[3]):
        raise ValueError(f"equation {equation!r}: expected a,b->c, ...a,b->...c or a...,b->c...")
    left, source, weight, target = bool(found[1]), found[2], found[4], found[6]
    elided = len(inputs) - len(source)
    if elided < 0 or (elided and not (left or found[3])):
        raise ValueError(
            f"equation {equation!r}: {len(source)} subscripts for inputs of shape {tuple(inputs)}"
        )
    output = [inputs[0], *output_shape]
    if left:
        output[1:1] = inputs[1:elided]
    elif elided:
        output += inputs[len(inputs) - elided :]
    shift = elided if left else 0
    if len(output) != len(target) + elided:
        raise ValueError(f"equation {equation!r}: output_shape {list(output_shape)} does not fit {target!r}")
    sizes = {label: output[i + shift] for i, label in enumerate(target)}
    for i, label in enumerate(source):
        given = inputs[i + shift]
        if sizes.get(label) not in (None, given):
            raise ValueError(f"equation {equation!r}: {label} is {given}, but {sizes[label]} in the output")
        sizes[label] = given
    lost = [label for label in target if label not in source + weight]
    lost += [label for label in weight if label not in sizes]
    if lost or any(label not in target for label in bias_axes or ""):
        raise ValueError(f"equation {equation!r}: {lost or bias_axes!r} do not occur where they must")
    kernel = tuple(sizes[label] for label in weight)
    if not bias_axes:
        return kernel, None
    first = min(target.index(label) for label in bias_axes)
    bias = [sizes[label] if label in bias_axes else 1 for label in target[first:]]
    return kernel, tuple(bias if left else bias + [1] * elided)


class Activation(Layer):
    """An activation function as a layer.

    Source: tf_keras/src/layers/core/activation.py.
    """

    supports_masking = True
    activation: activations.Option = activations.option(default=fields.REQUIRED)

    @override
    def call(self, inputs: Value) -> Value:
        return self.activation(inputs)


class Flatten(Layer):
    """All dimensions but the batch merged into one.

    Source: tf_keras/src/layers/reshaping/flatten.py.
    """

    data_format: fields.DataFormat = fields.data_format()

    @override
    def input_spec(self) -> InputSpec:
        return InputSpec(min_ndim=1)

    @override
    def call(self, inputs: Value) -> Value:
        if self.data_format == "channels_first" and inputs.rank > 1:
            inputs = ops.transpose(inputs, [0, *range(2, inputs.rank), 1])
        size = known_size(inputs.dims[1:])
        if size is not None:
            return ops.reshape(inputs, [-1, size])
        batch = inputs.dims[0]
        if batch is not None:
            return ops.reshape(inputs, [batch, -1])
        return ops.reshape(inputs, ops.pack([ops.getitem(ops.shape(inputs), 0), -1]))


class Reshape(Layer):
    """The input in another shape with as many elements; `target_shape` may have one -1, for the remaining size.

    Source: tf_keras/src/layers/reshaping/reshape.py.
    """

    target_shape: fields.Integers = fields.integers(minimum=-1)

    @override
    def validate(self) -> None:
        """Checks that at most one size is -1."""
        if self.target_shape.count(-1) > 1:
            raise self.fail(f"option target_shape: expected one -1 at most, got {self.target_shape}")

    @override
    def call(self, inputs: Value) -> Value:
        target = self._target(inputs)
        batch = inputs.dims[0]
        if batch is not None:
            return ops.reshape(inputs, [batch, *target])
        if -1 not in target:
            return ops.reshape(inputs, [-1, *target])
        return ops.reshape(inputs, ops.pack([ops.getitem(ops.shape(inputs), 0), *target]))

    def _target(self, inputs: Value) -> list[int]:
        known = known_size(inputs.dims[1:])
        rest = known_size([size for size in self.target_shape if size != -1]) or 0
        if known is None:
            return list(self.target_shape)
        if known % rest if rest and -1 in self.target_shape else known != rest:
            raise ValueError(
                f"option target_shape: expected sizes of {known} elements, those of {inputs.dims[1:]}, "
                f"got {self.target_shape}"
            )
        return [known // rest if size == -1 else size for size in self.target_shape]


class Dropout(Layer):
    """Sets inputs to zero at random while training, and scales the others up.

    Args:
      rate: share of inputs that are dropped.
      noise_shape: shape of the random mask: 1 for a dimension that shares it, None for the input's dimension.
      seed: makes the mask repeatable.

    Input: float of any shape. Output: the same shape.
    Source: tf_keras/src/layers/regularization/dropout.py.
    """

    supports_masking = True
    rate: float = fields.fraction()
    noise_shape: Sequence[int | None] | None = fields.noise_shape()
    seed: int | None = None

    @override
    def random_generator(self) -> bool:
        return True

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        return ("noise_shape",) if isinstance(self.noise_shape, list) else ()

    @override
    def call(self, inputs: Value, training: bool = False) -> Value:
        if not training or self.rate == 0:
            return ops.identity(inputs)
        return dropout(inputs, self.rate, self.noise_shape, self.seed)


def _lengths(value: Any) -> tuple[int | None, ...] | None:
    """The sizes that an `input_length` states; None if it is none."""
    sizes = tuple(value) if isinstance(value, list | tuple) else (value,)
    return sizes if all(n is None or (is_integer(n) and 0 <= n <= LARGEST) for n in sizes) else None


def _input_length(value: Any) -> Any:
    if _lengths(value) is None:
        raise ValueError(f"expected a size, a list of sizes, or None, got {value!r}")
    return value


def _float_or_none(value: Any) -> str | None:
    if value is not None and not dtypes.of(value).is_floating:
        raise ValueError(f"expected a dtype of floats or None, got {value!r}")
    return None if value is None else dtypes.of(value).name


class Embedding(Layer):
    """Rows of a trained table, selected by index.

    Args:
      input_dim: number of rows.
      output_dim: length of a row.
      mask_zero: whether index 0 is padding that later layers ignore.
      input_length: length of the input sequences, if it is fixed.

    Input: integers (batch, ...). Output: float (batch, ..., output_dim).
    Source: tf_keras/src/layers/core/embedding.py.
    """

    facts = KerasFacts(
        implied_by_keras3={"input_length": ANY_VALUE},
        compared_mask=ComparedMask(0, if_option="mask_zero"),
    )
    autocast = False
    input_dim: int = fields.positive_integer()
    output_dim: int = fields.positive_integer()
    embeddings_initializer: initializers.Option = initializers.option(default="uniform")
    embeddings_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    embeddings_constraint: constraints.Option = constraints.option()
    mask_zero: bool = False
    input_length: int | Sequence[int | None] | None = fields.option(default=None, convert=_input_length)
    embeddings: Weight = fields.weight()

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options with an input shape, taken from `input_length` if no other is given."""
        dims = _lengths(given.get("input_length"))
        if given.get("input_shape") is None and given.get("batch_input_shape") is None and dims is not None:
            given = {**given, "input_shape": dims}
        return super().complete(given)

    @override
    def build(self, inputs: Spec) -> None:
        """Makes the table (input_dim, output_dim)."""
        self.embeddings = self.add_weight("embeddings", (self.input_dim, self.output_dim))

    @property
    @override
    def starts_mask(self) -> bool:
        """Whether index 0 is masked."""
        return self.mask_zero

    @override
    def compute_mask(self, inputs: Value, mask: Any) -> Value | None:
        """True where the index is not 0; None without `mask_zero`."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    @override
    def call(self, inputs: Value) -> Value:
        if inputs.dtype.name not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        found = ops.embedding_lookup(self.embeddings, inputs)
        return ops.cast(found, self.compute_dtype)


class ReversibleEmbedding(Embedding):
    """A table that is called in both directions: from indices to rows, and with `reverse=True` from rows to scores.

    Args:
      tie_weights: whether both directions have one table.
      reverse_dtype: dtype of the scores; that of the table by default.
      logit_soft_cap: bound that the scores approach; none by default.

    Input: as `Embedding`, or with `reverse=True` float (batch, ..., output_dim). Output: as `Embedding`, or scores
    (batch, ..., input_dim).
    Source: keras/src/layers/core/reversible_embedding.py (3.x).
    """

    facts = replace(Embedding.facts, absent_in=2, compared_mask=None)
    config_order = tuple(Embedding.fields)
    tie_weights: bool = fields.boolean(default=True, kw_only=True)
    reverse_dtype: str | None = fields.option(default=None, convert=_float_or_none, kw_only=True)
    logit_soft_cap: float | None = fields.optional(fields.number(default=None, above=0, kw_only=True))
    reverse_embeddings: Weight = fields.weight()

    @override
    def build(self, inputs: Spec) -> None:
        """Makes the table (input_dim, output_dim), and one (output_dim, input_dim) if they are not tied."""
        super().build(inputs)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                "reverse_embeddings",
                (self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
            )

    @override
    def compute_mask(self, inputs: Value, mask: Any) -> Value | None:
        """The mask of indices; rows have none."""
        return None if inputs.dtype.is_floating else super().compute_mask(inputs, mask)

    @override
    def call(self, inputs: Value, reverse: bool = False) -> Value:
        if not reverse:
            return super().call(inputs)
        table = read(inputs, self.embeddings if self.tie_weights else self.reverse_embeddings)
        wanted = self.reverse_dtype or table.dtype.name
        rows, table = ops.cast(inputs, wanted), ops.cast(table, wanted)
        tied = self.tie_weights
        flat = ops.matmul(ops.reshape(rows, [-1, self.output_dim]), table, transpose_b=tied)
        scores = reshape_to(flat, [*dims_of(rows)[:-1], self.input_dim])
        if self.logit_soft_cap is None:
            return scores
        return ops.tanh(scores / self.logit_soft_cap) * self.logit_soft_cap
