"""Signatures that users define."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kerasfmt.graph import Spec, Value


@dataclass(frozen=True)
class Signature:
    """A function of named tensors to save beside a model.

    Attributes:
      body: called once, with one Value per input by name; returns a Value, or a dict of Values by name.
      inputs: the shape and dtype of each input, by name.

    Example:
      >>> from kerasfmt.graph import ops
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(4, input_shape=(8,))])
      >>> def top(image):
      ...     scores = model.apply(ops.multiply(image, 1 / 255))
      ...     return {"best": ops.argmax(scores, 1)}
      >>> inputs = {"image": kerasfmt.Spec((None, 8), kerasfmt.dtypes.float32)}
      >>> kerasfmt.save_model(model, "saved_model", signatures={"top": kerasfmt.Signature(top, inputs)})
    """

    body: Callable[..., Value | Mapping[str, Value]]
    inputs: Mapping[str, Spec]
