"""Attention: Attention, AdditiveAttention, MultiHeadAttention."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import constraints, fields, initializers, regularizers
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.fields import Field
from kerasfmt.ir.initializers import get as initializer
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.activation import Softmax
from kerasfmt.layers.core import Dropout, EinsumDense
from kerasfmt.nn.shapes import dropout, read
from kerasfmt.typing import override


class DenseAttention(Layer, register=False, kw_only=True):
    """Base of attentions over [query, value] or [query, value, key].

    Input: float (batch, queries, features), (batch, steps, features) and, unless it is the value, a key of its shape.
    Output: float (batch, queries, features); with `return_attention_scores` also the scores
    (batch, queries, steps).
    Source: tf_keras/src/layers/attention/base_dense_attention.py.
    """

    facts = KerasFacts(build_calls_base=True)
    supports_masking = True
    dropout: float = fields.fraction(default=0.0)
    causal: bool = fields.boolean(default=False, stored=False)
    seed: int | None = fields.integer(default=None, optional=True, stored=False)

    @override
    def random_generator(self) -> bool:
        return True

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Value | None:
        """The mask of the query."""
        found: Value | None = mask[0] if mask else None
        return found

    def scores(self, query: Value, key: Value) -> Value:
        """How much each query attends to each step: (batch, queries, steps)."""
        raise NotImplementedError

    @override
    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        if not isinstance(inputs, list | tuple) or len(inputs) not in (2, 3):
            raise self.fail("expected [query, value] or [query, value, key]")
        query, value = inputs[0], inputs[1]
        scores = self.scores(query, inputs[-1] if len(inputs) == 3 else value)
        allowed = ops.expand_dims(mask[1], -2) if mask and mask[1] is not None else None
        if self.causal or use_causal_mask:
            lower = lower_triangle(scores)
            allowed = lower if allowed is None else ops.logical_and(allowed, lower)
        if allowed is not None:
            large = 65504.0 if scores.dtype is dtypes.float16 else 1e9
            scores = scores - large * ops.cast(ops.logical_not(allowed), scores.dtype)
        weights = ops.softmax(scores)
        if self.dropout > 0:
            weights = dropout(weights, self.dropout, None, self.seed) if training else ops.identity(weights)
        outputs = ops.batch_matmul(weights, value)
        if mask and mask[0] is not None:
            outputs = outputs * ops.cast(ops.expand_dims(mask[0], -1), outputs.dtype)
        return (outputs, weights) if return_attention_scores else outputs


def lower_triangle(scores: Value) -> Value:
    """True where a step is not later than the query, which may attend to it: bool (1, queries, steps).

    Source: tf_keras/src/layers/attention/base_dense_attention.py, _lower_triangular_mask.
    """
    shape = ops.shape(scores)
    ones = ops.ones_like(ops.getitem(shape, slice(None, -2)))
    full = ops.fill(ops.concat([ones, ops.getitem(shape, slice(-2, None))], 0), np.int32(1))
    return ops.greater_equal(ops.cumsum(full, -2), ops.cumsum(full, -1))


class Attention(DenseAttention):
    """Attention with scores from dot products, or from sums passed through tanh.

    Args:
      use_scale: whether scores are multiplied by a trained scalar.
      score_mode: "dot" or "concat".
      dropout: share of the attention weights that are dropped while training.
      causal: whether a query attends to earlier steps only; not part of the config.
      seed: makes the dropout repeatable; not part of the config.

    Source: tf_keras/src/layers/attention/attention.py.
    """

    use_scale: bool = False
    score_mode: str = fields.choice("dot", "concat", default="dot")
    scale: Weight = fields.weight()
    concat_score_weight: Weight = fields.weight()

    @override
    def build(self, inputs: Any) -> None:
        """Makes the scalars that the options ask for."""
        if self.use_scale:
            self.scale = self.add_weight("scale", (), initializer=initializer("ones"))
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                "concat_score_weight", (), initializer=initializer("ones")
            )

    @override
    def scores(self, query: Value, key: Value) -> Value:
        if self.score_mode == "dot":
            scores = ops.batch_matmul(query, key, adj_y=True)
            return scores * self.scale if self.use_scale else scores
        total = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        if self.use_scale:
            total = read(total, self.scale) * total
        return read(total, self.concat_score_weight) * ops.reduce_sum(ops.tanh(total), -1)


class AdditiveAttention(DenseAttention):
    """Attention with scores from sums passed through tanh, with a weight per feature.

    Args:
      use_scale: whether the weights of the features are trained.
      dropout: share of the attention weights that are dropped while training.
      causal: whether a query attends to earlier steps only; not part of the config.
      seed: makes the dropout repeatable; not part of the config.

    Source: tf_keras/src/layers/attention/additive_attention.py.
    """

    use_scale: bool = True
    scale: Weight = fields.weight()

    @override
    def build(self, inputs: Any) -> None:
        """Makes a weight per feature of the value."""
        if self.use_scale:
            features = self.last_dim(inputs[1])
            self.scale = self.add_weight("scale", (features,), initializer=initializer("glorot_uniform"))

    @override
    def scores(self, query: Value, key: Value) -> Value:
        total = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        scale = read(total, self.scale) if self.use_scale else 1.0
        return ops.reduce_sum(scale * total, -1)


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


def sliding_window(value: Any) -> int | None:
    """A size of a window, or None.

    Raises:
      ValueError: it is neither.
    """
    if value is not None and not (fields.is_integer(value) and 1 <= value <= fields.LARGEST):
        raise ValueError(f"expected a whole number of at least 1, or None, got {value!r}")
    return value


def _attention_axes(value: Any) -> tuple[int, ...] | None:
    axes = fields.axes_or_none(value)
    if axes is not None and (not axes or len(set(axes)) != len(axes)):
        raise ValueError(f"expected an axis, a list of different axes, or None, got {value!r}")
    return axes


class ProjectedAttention(Layer, register=False):
    """Base of attentions that are called with a query, a value and, unless it is the value, a key."""

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        self._layers: dict[str, Layer] = {}
        return super().complete(given)

    @property
    @override
    def sublayers(self) -> Mapping[str, Layer]:
        """The projections, the softmax and the dropout."""
        return self._layers

    def add_projection(
        self, attribute: str, equation: str, inputs: Spec, given: tuple[str, ...], **options: Any
    ) -> None:
        """Makes a projection.

        Args:
          attribute: the attribute that holds it.
          equation: its einsum.
          inputs: what it is built for.
          given: beginnings of the names of the options that it shares with this layer.
          options: its other options.
        """
        shared = {
            option: getattr(self, option)
            for option in EinsumDense.fields
            if option in self.fields and option.startswith(given)
        }
        layer = EinsumDense(equation, dtype=self.policy, **{**shared, **options})
        layer.scope = f"{self.scope}{self.name}/"
        layer.ensure_built(inputs)
        self._layers[attribute] = layer

    # Keras keeps the order of the keyword arguments of the call.
    @override
    def __call__(self, query: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """The symbolic outputs for a symbolic query, value and key."""
        if not args and "value" not in kwargs and isinstance(query, list | tuple):
            query, args = query[0], tuple(query[1:])
        if len(args) > 2:
            raise self.fail(f"expected a query, a value and a key, got {1 + len(args)} inputs")
        given = {**dict(zip(("value", "key"), args, strict=False)), **kwargs}
        if given.get("key") is None:
            given.pop("key", None)
        if given.get("value") is None:
            raise self.fail("expected a query and a value, got only a query")
        if not self.built:
            value = given["value"]
            self.take_shapes(query.shape, value.shape, given.get("key", value).shape)
        return super().__call__(query, **given)

    def take_shapes(self, query: Any, value: Any, key: Any) -> None:
        """Keeps what `build` needs to know of the first call.

        Args:
          query: the shape of the query.
          value: the shape of the value.
          key: the shape of the key.
        """
        raise NotImplementedError

    @override
    def join_mask_arguments(
        self, inputs: Any, mask: Any, kwargs: dict[str, Any], masks: Mapping[str, Value]
    ) -> dict[str, Any]:
        """The arguments, with the masks of query, value and key joined to `attention_mask`.

        Keras 2 loses the mask of a query that it casts.
        """
        kept = None if self.cast_spec(inputs.spec) != inputs.spec else mask
        found = [] if kept is None else [ops.expand_dims(kept, 2)]
        found += [ops.expand_dims(masks[name], 1) for name in ("value", "key") if name in masks]
        if not found:
            return kwargs
        return {
            **kwargs,
            "attention_mask": both_masks(kwargs.get("attention_mask"), reduce(ops.logical_and, found)),
        }


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


def both_masks(given: Value | None, mask: Value) -> Value:
    """True where both masks are true."""
    return mask if given is None else ops.logical_and(ops.cast(given, "bool"), mask)


def allowed_steps(
    query: Value, value: Value, given: Value | None, causal: bool, window: int | None
) -> Value | None:
    """Where queries may attend to steps; None where they may anywhere.

    Args:
      query: the query.
      value: the value, with an axis of the steps.
      given: a mask.
      causal: whether no query attends to a later step.
      window: how far away from a query the steps end.
    """
    if causal:
        given = both_masks(given, causal_mask(query, value))
    if window is not None:
        given = both_masks(given, window_mask(query, value, window))
    return given


def causal_mask(query: Value, value: Value) -> Value:
    """True where a step is not later than the query, which may attend to it: bool (1, queries, steps).

    Source: tf_keras/src/layers/attention/multi_head_attention.py, _compute_causal_mask.
    """
    queries, steps = (ops.getitem(ops.shape(x), 1) for x in (query, value))
    return ops.matrix_band_part(ops.fill(ops.pack([1, queries, steps]), True), -1, 0)


def window_mask(query: Value, value: Value, window: int) -> Value:
    """True where a step is less than `window` away from the query: bool (1, queries, steps).

    Source: keras/src/layers/attention/multi_head_attention.py, _compute_sliding_window_mask (3.x).
    """
    queries, steps = (ops.getitem(ops.shape(x), 1) for x in (query, value))
    return ops.matrix_band_part(ops.fill(ops.pack([1, queries, steps]), True), window - 1, window - 1)
