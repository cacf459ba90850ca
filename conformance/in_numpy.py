"""Models of a live Keras in one process with kerasfmt, which computes in NumPy what they compute."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any

import kerasfmt
from kerasfmt.graph.run import run


def from_json(model: Any) -> kerasfmt.Model:
    """A Keras model, as kerasfmt reads it from its JSON text."""
    return kerasfmt.model_from_config(json.loads(model.to_json())["config"])


def outputs_of(
    model: kerasfmt.Model, arrays: list[Any], training: bool, state: MutableMapping[Any, Any] | None = None
) -> list[Any]:
    """What the traced function of a model gives: its outputs, then its losses.

    Args:
      model: the model.
      arrays: an array for each input.
      training: the mode.
      state: the values of the weights, which change as the function says.
    """
    function = model.default_trace(training=training).function
    values = {v: v.numpy() for v in function.variables} if state is None else state
    return run(function, arrays, values)
