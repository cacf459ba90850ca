"""Masks of symbolic calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasfmt import Input, dtypes
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir.masks import joined_specs, mask_of
from kerasfmt.layers import Dense, Dropout, Embedding, Flatten, Layer, Masking


class Joining(Layer, register=False):
    """Takes the mask of its input as the argument `kept`."""

    def join_mask_arguments(
        self, inputs: Any, mask: Any, kwargs: dict[str, Any], masks: Mapping[str, Value]
    ) -> dict[str, Any]:
        return kwargs if mask is None else {**kwargs, "kept": ops.expand_dims(mask, -1)}

    def call(self, inputs: Value, kept: Any = None) -> Value:
        return inputs if kept is None else inputs * ops.cast(kept, inputs.dtype)


def masked() -> Any:
    return Embedding(5, 3, mask_zero=True)(Input((4,), dtype="int32"))


def test_who_starts_forwards_and_ends_a_mask() -> None:
    x = masked()
    assert x.masked
    assert x.mask == Spec((None, 4), dtypes.bool_, "mask")
    assert Dropout(0.1)(x).masked
    assert Dense(2)(x).masked
    assert not Flatten()(x).masked
    assert not Embedding(5, 3)(Input((4,), dtype="int32")).masked
    assert Masking()(Input((4, 3))).masked


def test_masks_of_a_structure() -> None:
    assert mask_of([masked(), Input((3,))]) == [Spec((None, 4), dtypes.bool_, "mask"), None]


def test_a_mask_that_becomes_an_argument() -> None:
    layer = Joining()
    assert layer.joins_masks
    y = layer(masked())
    (trace,) = layer.traces
    assert trace.kwargs["kept"].shape == (None, 4, 1)
    assert y.call.kwargs == {}


def test_without_a_mask_nothing_is_joined() -> None:
    layer = Joining()
    x = Input((4, 3))
    layer(x)
    (trace,) = layer.traces
    assert trace.kwargs == {}
    assert joined_specs(Dense(2), x, {}, {}) == {}
    assert not Dense(2).joins_masks
