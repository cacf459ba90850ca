"""What MultiHeadAttention and GroupedQueryAttention share: calls, projections, and masks of steps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.layer import Layer
from kerasfmt.layers.core import EinsumDense
from kerasfmt.typing import override


def sliding_window(value: Any) -> int | None:
    """A size of a window, or None.

    Raises:
      ValueError: it is neither.
    """
    if value is not None and not (fields.is_integer(value) and 1 <= value <= fields.LARGEST):
        raise ValueError(f"expected a whole number of at least 1, or None, got {value!r}")
    return value


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
