"""Signatures that users define."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kerasfmt.graph import Spec, Value


@dataclass(frozen=True)
class Signature:
    """A function of named tensors to save beside a model.

        def top(image):
            scores = model.apply(ops.multiply(image, 1 / 255))
            return {"best": ops.argmax(scores, 1)}

        kerasfmt.save_model(model, path, signatures={"top": Signature(top, {"image": Spec((None, 8), float32)})})

    Attributes:
      body: called once with one Value per input, by name; returns a Value or a dict of Values by name.
      inputs: name -> Spec.
    """

    body: Callable[..., Value | Mapping[str, Value]]
    inputs: Mapping[str, Spec]
