"""MultiHeadAttention: attention in several learned projections."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any

from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import constraints, fields, initializers, regularizers
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.fields import Field
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts
from kerasfmt.layers.activation import Softmax
from kerasfmt.layers.core import Dropout
from kerasfmt.layers.projected_attention import ProjectedAttention, allowed_steps, sliding_window
from kerasfmt.typing import override


def projection(free: int, bound: int, outputs: int) -> tuple[str, str]:
    """The einsum equation of a projection that keeps `free` axes, and the subscripts of its bias.

    Source: tf_keras/src/layers/attention/multi_head_attention.py, _build_proj_equation.
    """
    letters = string.ascii_lowercase
    kept, summed = letters[:free], letters[free : free + bound]
    made = letters[free + bound : free + bound + outputs]
    return f"{kept}{summed},{summed}{made}->{kept}{made}", made


def attention_equations(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """The einsum equations of (key, query) -> scores and of (scores, value) -> outputs.

    Source: tf_keras/src/layers/attention/multi_head_attention.py, _build_attention_equation.
    """
    target = string.ascii_lowercase[:rank]
    positive = [axis % rank for axis in axes]
    batch = [i for i in range(rank) if i not in (*positive, rank - 1)]
    fresh = iter(string.ascii_lowercase[rank:])
    source = "".join(target[i] if i in batch or i == rank - 1 else next(fresh) for i in range(rank))
    scores = "".join([*(target[i] for i in batch), *(target[i] for i in axes), *(source[i] for i in axes)])
    return f"{source},{target}->{scores}", f"{scores},{source}->{target}"


def _sizes(value: Any) -> Any:
    sizes = value if isinstance(value, list | tuple) else [value]
    if value is not None and not all(fields.is_integer(i) and 1 <= i <= fields.LARGEST for i in sizes):
        raise ValueError(f"expected a size of at least 1, a list of sizes, or None, got {value!r}")
    return value


def _attention_axes(value: Any) -> tuple[int, ...] | None:
    axes = fields.axes_or_none(value)
    if axes is not None and (not axes or len(set(axes)) != len(axes)):
        raise ValueError(f"expected an axis, a list of different axes, or None, got {value!r}")
    return axes


class MultiHeadAttention(ProjectedAttention):
    """Attention in several learned projections; their results are joined by a last projection.

    Call it with a query, a value and, unless it is the value, a key.

    Args:
      num_heads: number of projections.
      key_dim: size of the projected queries and keys.
      value_dim: size of the projected values; `key_dim` by default.
      dropout: share of the attention weights that are dropped while training.
      use_bias: whether the projections have biases.
      output_shape: shape of an output without batch and queries; the number of the query's features by default.
      attention_axes: the axes of queries and steps; all but batch and features by default.
      softmax_robust_masking: option `robust_masking` of the Softmax inside.
      use_gate: whether what a query finds is multiplied by a gate, a projection of the query; Keras 3 only.
      sliding_window: how far from a query the steps end to which it attends; None for any; Keras 3 only.

    Input: float (batch, queries, features), (batch, steps, features). Output: (batch, queries, outputs).
    Source: tf_keras/src/layers/attention/multi_head_attention.py.
    """

    facts = KerasFacts(
        implied_by_keras2={
            "flash_attention": (None, False, True),  # the same result, computed in another order
            "sliding_window": (None,),
            "use_gate": (False,),
        },
        public_layers=frozenset({"_query_dense", "_key_dense", "_value_dense", "_output_dense"}),
        implied_by_keras3={
            "query_shape": ANY_VALUE,
            "key_shape": ANY_VALUE,
            "value_shape": ANY_VALUE,
            "softmax_robust_masking": (False,),
        },
        needed_by_keras2=frozenset({"query_shape", "key_shape", "value_shape"}),
    )
    supports_masking = True
    num_heads: int = fields.positive_integer()
    key_dim: int = fields.positive_integer()
    value_dim: Field[int, int | None] = fields.optional(fields.positive_integer(default=None))
    dropout: float = fields.fraction(default=0.0)
    use_bias: bool = True
    output_shape: Field[Any, int | Sequence[int] | None] = fields.option(default=None, convert=_sizes)
    attention_axes: Field[Any, int | Sequence[int] | None] = fields.option(
        default=None, convert=_attention_axes
    )
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    query_shape: fields.TensorShape = fields.shape()
    key_shape: fields.TensorShape = fields.shape()
    value_shape: fields.TensorShape = fields.shape()
    softmax_robust_masking: bool = fields.boolean(default=False, implied=True)
    use_gate: bool = fields.boolean(default=False, implied=True, kw_only=True)
    sliding_window: int | None = fields.option(
        default=None, convert=sliding_window, implied=True, kw_only=True
    )
    seed: int | None = fields.integer(default=None, optional=True, stored=False)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options; keeps those that Keras tracks as they were given."""
        self._given = {name: given.get(name) for name in ("output_shape", "attention_axes")}
        return super().complete(given)

    @override
    def validate(self) -> None:
        """Sets `value_dim` to `key_dim` unless it is given."""
        self.value_dim = self.value_dim or self.key_dim

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        """The output shape and the axes, if they were given as lists."""
        return tuple(f"_{name}" for name, given in self._given.items() if isinstance(given, list))

    @override
    def take_shapes(self, query: Any, value: Any, key: Any) -> None:
        self.query_shape, self.value_shape, self.key_shape = query, value, key

    @override
    def build(self, inputs: Spec) -> None:
        """Makes the projections of query, key and value, and the last projection."""
        for name, size in (("query", self.key_dim), ("key", self.key_dim), ("value", self.value_dim)):
            shape = getattr(self, f"{name}_shape")
            self._project(f"_{name}_dense", name, Spec(shape, self.compute_dtype), 1, [self.num_heads, size])
            if name == "key" and self.use_gate:
                asked = Spec(self.query_shape, self.compute_dtype)
                self._project("_gate_dense", "gate", asked, 1, [self.num_heads, self.value_dim], "sigmoid")
        rank = len(self.value_shape)
        if self.attention_axes is None:
            self.attention_axes = tuple(range(1, rank - 1))
        count = len(self.attention_axes)
        self.equations = attention_equations(rank + 1, self.attention_axes)
        scores_rank = len(self.equations[0].partition("->")[2])
        axes = tuple(range(scores_rank - count, scores_rank))
        self._softmax = self._layers["_softmax"] = Softmax(
            axes, robust_masking=self.softmax_robust_masking, dtype=self.policy
        )
        self._dropout = self._layers["_dropout_layer"] = Dropout(
            self.dropout, seed=self.seed, dtype=self.policy
        )
        made = self.output_shape or self.query_shape[-1]
        heads = Spec((*self.query_shape[:-1], self.num_heads, self.value_dim), self.compute_dtype)
        outputs = list(made) if isinstance(made, list | tuple) else [made]
        self._project("_output_dense", "attention_output", heads, 2, outputs)

    def _project(
        self,
        attribute: str,
        name: str,
        inputs: Spec,
        bound: int,
        sizes: list[int],
        activation: str | None = None,
    ) -> None:
        rank = len(inputs.shape or ())
        equation, bias = projection(rank - bound, bound, len(sizes))
        self.add_projection(
            attribute,
            equation,
            inputs,
            ("kernel_", "bias_"),
            output_shape=[*[None] * (rank - bound - 1), *sizes],
            activation=activation,
            bias_axes=bias if self.use_bias else None,
            name=name,
        )

    @override
    def call(
        self,
        query: Value,
        value: Value,
        key: Any = None,
        attention_mask: Value | None = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
        *,
        call_context: CallContext,
    ) -> Any:
        run = call_context.run
        key = value if key is None else key
        allowed = allowed_steps(query, value, attention_mask, use_causal_mask, self.sliding_window)
        gate = run(self._layers["_gate_dense"], query) if self.use_gate else None
        query, key, value = (
            run(self._layers[f"_{name}_dense"], x)
            for name, x in (("query", query), ("key", key), ("value", value))
        )
        query = query * (1.0 / math.sqrt(self.key_dim))
        scores = ops.einsum(self.equations[0], [key, query])
        while allowed is not None and allowed.rank < scores.rank:
            allowed = ops.expand_dims(allowed, -2 * len(self.attention_axes) - 1)
        scores = run(self._softmax, scores, mask=allowed)
        kept = run(self._dropout, scores, training)
        outputs = ops.einsum(self.equations[1], [kept, value])
        if gate is not None:
            outputs = outputs * gate
        outputs = run(self._layers["_output_dense"], outputs)
        return (outputs, scores) if return_attention_scores else outputs
