"""Attention whose queries share keys and values in groups; Keras 2 has no such layer.

Source: keras/src/layers/attention/grouped_query_attention.py (3.x).
"""

from __future__ import annotations

import math
from typing import Any

from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import constraints, fields, initializers, regularizers
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import LAYER_CLASSES
from kerasfmt.layers.activation import Softmax
from kerasfmt.layers.core import Dropout
from kerasfmt.layers.projected_attention import ProjectedAttention, allowed_steps, sliding_window
from kerasfmt.layers.upsampling import repeat_elements
from kerasfmt.typing import override


class GroupQueryAttention(ProjectedAttention):
    """Attention in several learned projections of the query, and in fewer of key and value.

    Call it with a query, a value and, unless it is the value, a key.

    Args:
      head_dim: size of each projection.
      num_query_heads: number of projections of the query.
      num_key_value_heads: number of projections of key and value; it divides the number of those of the query.
      dropout: share of the attention weights that are dropped while training.
      use_bias: whether the projections have biases.
      sliding_window: how far from a query the steps end to which it attends; None for any.
      use_gate: whether what a query finds is multiplied by a gate, a projection of the query.

    Input: float (batch, queries, features), (batch, steps, features). Output: (batch, queries, features).
    """

    facts = KerasFacts(
        registered_name="GroupedQueryAttention",
        absent_in=2,
        implied_by_keras2={"flash_attention": (None, False, True)},
    )
    config_order = ("head_dim", "num_query_heads", "num_key_value_heads", "use_bias")
    supports_masking = True
    head_dim: int = fields.positive_integer()
    num_query_heads: int = fields.positive_integer()
    num_key_value_heads: int = fields.positive_integer()
    dropout: float = fields.fraction(default=0.0)
    use_bias: bool = True
    sliding_window: int | None = fields.option(default=None, convert=sliding_window, implied=True)
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    use_gate: bool = fields.boolean(default=False, implied=True)
    seed: int | None = fields.integer(default=None, optional=True)

    @override
    def validate(self) -> None:
        """Checks that every query has a key."""
        if self.num_query_heads % self.num_key_value_heads:
            raise self.fail(
                f"option num_key_value_heads: expected a divisor of num_query_heads, {self.num_query_heads}, "
                f"got {self.num_key_value_heads}"
            )

    @override
    def take_shapes(self, query: Any, value: Any, key: Any) -> None:
        self._shapes = {"query": query, "key": key, "value": value}

    @override
    def build(self, inputs: Spec) -> None:
        """Makes the projections of query, key and value, and the last projection."""
        if any(len(shape) != 3 for shape in self._shapes.values()):
            raise ValueError(f"expected (batch, steps, features), got {list(self._shapes.values())}")
        few, many = self.num_key_value_heads, self.num_query_heads
        self._project("query", "bqm,muh->bquh", self._shapes["query"], [many, self.head_dim], "uh")
        self._project("key", "bkm,mvh->bkvh", self._shapes["key"], [few, self.head_dim], "vh")
        if self.use_gate:
            shape = self._shapes["query"]
            self._project("gate", "bqm,muh->bquh", shape, [many, self.head_dim], "uh", activation="sigmoid")
        self._project("value", "bkm,mvh->bkvh", self._shapes["value"], [few, self.head_dim], "vh")
        self._layers["_softmax"] = Softmax(dtype=self.policy)
        self._layers["_dropout_layer"] = Dropout(self.dropout, seed=self.seed, dtype=self.policy)
        self._project(
            "output",
            "bquh,uhm->bqm",
            (*self._shapes["query"][:2], many, self.head_dim),
            [self.last_dim(inputs)],
            "m",
            name="attention_output",
        )

    def _project(
        self, attribute: str, equation: str, shape: Any, sizes: list[int], bias: str, **options: Any
    ) -> None:
        self.add_projection(
            f"_{attribute}_dense",
            equation,
            Spec(tuple(shape), self.compute_dtype),
            ("kernel_", "bias_", "activity_"),
            output_shape=[None, *sizes],
            bias_axes=bias if self.use_bias else None,
            **{"name": attribute, **options},
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
        run, layers = call_context.run, self._layers
        key = value if key is None else key
        allowed = allowed_steps(query, value, attention_mask, use_causal_mask, self.sliding_window)
        gate = run(layers["_gate_dense"], query) if self.use_gate else None
        query, key, value = (
            run(layers[f"_{name}_dense"], x) for name, x in (("query", query), ("key", key), ("value", value))
        )
        times = self.num_query_heads // self.num_key_value_heads
        if times > 1:
            key, value = repeat_elements(key, times, 2), repeat_elements(value, times, 2)
        query = query * (1.0 / math.sqrt(self.head_dim))
        scores = ops.einsum("bquh,bkuh->buqk", [query, key])
        if allowed is not None and allowed.rank == 3:
            allowed = ops.expand_dims(allowed, -3)
        scores = run(layers["_softmax"], scores, mask=allowed)
        kept = run(layers["_dropout_layer"], scores, training) if self.dropout else scores
        outputs = ops.einsum("buqk,bkuh->bquh", [kept, value])
        outputs = run(layers["_output_dense"], outputs if gate is None else outputs * gate)
        return (outputs, scores) if return_attention_scores else outputs


# What Keras 3 calls the class itself, which it exports under the shorter name.
LAYER_CLASSES.enter("GroupedQueryAttention", GroupQueryAttention)
