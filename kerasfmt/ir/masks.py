"""Masks of symbolic calls: which arguments they add, and which outputs carry them.

Layers state masks in terms of Values (`join_mask_arguments`, `compute_mask`). A temporary graph gives their Specs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kerasfmt.graph import Builder, Value
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.tensor import Constant, Tensor

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer


def mask_of(tensors: Structure) -> Structure:
    """The specs of the masks of tensors; None for a tensor without a mask."""
    return map_structure(lambda t: t.mask, tensors)


def joined_specs(
    layer: Layer, inputs: Structure, specs: dict[str, Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """The Specs of the call arguments, as the layer completes them with the masks of the inputs.

    Args:
      layer: the layer that is called.
      inputs: its first argument, symbolic tensors.
      specs: the Specs of the further arguments.
      kwargs: those arguments.
    """
    if not layer.joins_masks:
        return specs
    graph = Builder("mask")
    further = {k: t for k, t in kwargs.items() if isinstance(t, Tensor | Constant)}
    values = map_structure(lambda t: graph.input(t.spec), inputs)
    masks = _mask_values(graph, inputs)
    given = {**kwargs, **{k: graph.input(t.spec) for k, t in further.items()}}
    known = {k: graph.input(t.mask) for k, t in further.items() if t.mask is not None}
    found = layer.join_mask_arguments(values, masks, given, known)
    return {k: v.spec if isinstance(v, Value) else specs.get(k, v) for k, v in found.items()}


def mark_outputs(layer: Layer, specs: Structure, inputs: Structure, outputs: Structure) -> None:
    """Gives the symbolic outputs of a call the masks that the layer makes.

    Args:
      layer: the layer that was called.
      specs: the Specs of the inputs, cast.
      inputs: the inputs.
      outputs: the outputs.
    """
    tensors: list[Tensor] = flatten(inputs)
    if not layer.starts_mask and not any(t.masked for t in tensors):
        return
    graph = Builder("mask")
    found = layer.compute_mask(map_structure(graph.input, specs), _mask_values(graph, inputs))
    if isinstance(found, Value):
        flatten(outputs)[0].mask = found.spec.with_name("mask")
    elif isinstance(found, list | tuple):
        for tensor, mask in zip(flatten(outputs), flatten(found), strict=True):
            tensor.mask = None if mask is None else mask.spec.with_name("mask")


def _mask_values(graph: Builder, tensors: Structure) -> Structure:
    return map_structure(lambda t: None if t.mask is None else graph.input(t.mask), tensors)
