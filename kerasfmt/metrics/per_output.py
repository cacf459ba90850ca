"""Losses and metrics for each output, from all the ways in which a user may state them.

    "mae"                          for every output
    ["mae", "mse"]                 Keras 2: both for every output; Keras 3: one for each of two outputs
    [["mae"], ["mse", "acc"]]      a list for each output
    {"a": "mae", "b": ["acc"]}     by the name of an output; None for others

An output may have nothing: None. Where there is one output, all metrics are for it.

Source: tf_keras/src/engine/compile_utils.py, Container, map_to_output_names and create_pseudo_output_names;
  keras/src/trainers/compile_utils.py, CompileMetrics._build_metrics_set (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import Model
from kerasfmt.ir.keras_facts import Major


class Output(NamedTuple):
    """An output of a model.

    Attributes:
      name: its name, which names of metrics begin with.
      shape: its shape, with None for sizes that are not known; None where the rank is not known.
      key: its key where the outputs of the model are a dict.
    """

    name: str
    shape: tuple[int | None, ...] | None
    key: str | None = None


def outputs_of(model: Model) -> list[Output]:
    """The outputs of a model, in the order in which Keras flattens them.

    An output has the name of its layer, numbered where the layer gives several: `Model.output_names`. Keras calls the
    outputs of a model without a graph `output_1`, `output_2`, or by their keys; every Model of kerasfmt has a graph.

    Source: tf_keras/src/engine/functional.py, Functional._set_output_names; tf_keras/src/engine/compile_utils.py,
      create_pseudo_output_names
    """
    structure = model.outputs_structure
    keys: list[str | None] = [None] * len(model.outputs)
    if isinstance(structure, Mapping) and len(structure) == len(model.outputs):
        by_tensor = {id(tensor): key for key, tensor in structure.items()}
        keys = [by_tensor.get(id(tensor)) for tensor in model.outputs]
    return [
        Output(name, tensor.shape, key)
        for name, tensor, key in zip(model.output_names, model.outputs, keys, strict=True)
    ]


def is_leaf(value: Any) -> bool:
    """Whether a value is one loss, metric or weight, or None: a name, a number, or an object in words."""
    return not isinstance(value, list | tuple | Mapping) or (
        isinstance(value, Mapping) and "class_name" in value
    )


def flat(value: Any) -> list[Any]:
    """The losses or metrics of a nested value, in the order in which TensorFlow flattens it: dicts by key."""
    if is_leaf(value):
        return [value]
    items = [value[key] for key in sorted(value)] if isinstance(value, Mapping) else value
    return [leaf for item in items for leaf in flat(item)]


def metrics_per_output(what: str, value: Any, outputs: Sequence[Output], keras: Major) -> list[list[Any]]:
    """The metrics of each output.

    Args:
      what: `metrics` or `weighted_metrics`, for errors.
      value: the metrics as the user gave them.
      outputs: the outputs of the model.
      keras: the version of Keras that they were given to.

    Raises:
      InvalidModelError: a key is no name of an output, or a list does not fit the outputs.
    """
    if isinstance(value, Mapping) and not is_leaf(value):
        return [flat(item) for item in _by_name(what, value, outputs)]
    if len(outputs) == 1:
        return [flat(value)]
    if is_leaf(value):
        return [[value] for _ in outputs]
    if all(map(is_leaf, value)) and (keras == 2 or not value):
        return [list(value) for _ in outputs]
    return [flat(item) for item in _one_each(what, value, outputs)]


def one_per_output(what: str, value: Any, outputs: Sequence[Output]) -> list[Any]:
    """The loss, or the weight of the loss, of each output.

    Args:
      what: `loss` or `loss_weights`, for errors.
      value: as the user gave it.
      outputs: the outputs of the model.

    Raises:
      InvalidModelError: a key is no name of an output, or a list does not fit the outputs.
    """
    if is_leaf(value):
        return [value for _ in outputs]
    if isinstance(value, Mapping):
        found = _by_name(what, value, outputs)
    else:
        found = flat(value)
    return _one_each(what, [leaf for item in found for leaf in flat(item)], outputs)


def _by_name(what: str, value: Mapping[str, Any], outputs: Sequence[Output]) -> list[Any]:
    """What a dict holds for each output, under its name or its key; None where it holds nothing."""
    known = {name for output in outputs for name in (output.name, output.key) if name is not None}
    unknown = sorted(set(map(str, value)) - known)
    if unknown:
        raise InvalidModelError(
            f"{what}: expected names of outputs ({', '.join(o.name for o in outputs)}), got {', '.join(unknown)}"
        )
    return [value.get(o.name, value.get(o.key) if o.key is not None else None) for o in outputs]


def _one_each(what: str, value: list[Any], outputs: Sequence[Output]) -> list[Any]:
    """The list, which has an item for each output."""
    if len(value) != len(outputs):
        raise InvalidModelError(
            f"{what}: expected an entry for each of {len(outputs)} outputs "
            f"({', '.join(o.name for o in outputs)}), got a list of {len(value)}"
        )
    return value
