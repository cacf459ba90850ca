"""Attention and AdditiveAttention: over the values as they are, without projections."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.initializers import get as initializer
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
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
