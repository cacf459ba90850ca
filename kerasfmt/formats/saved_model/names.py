"""The names of layers in a SavedModel.

A layer whose name TensorFlow does not take as a scope is written under a similar one, and a number follows where that
name is taken.
"""

from __future__ import annotations

from kerasfmt.formats.checkpoint.scope_names import is_valid, scope_name
from kerasfmt.ir import Layer, Model
from kerasfmt.ir.naming import OWN_NAMES, LayerNames, Named


def layer_names(model: Model) -> LayerNames:
    """The names under which the model and all layers in it, nested ones too, are written."""
    holders = _holders(model)
    others: dict[Named, str] = {}
    for layer in (model, *holders):
        if not is_valid(layer.name) and layer not in others:
            beside = {other for holder in holders.get(layer, ()) for other in _members(holder)} - {layer}
            others[layer] = _free_name(layer.name, {others.get(other, other.name) for other in beside})
    return LayerNames(others) if others else OWN_NAMES


def _holders(model: Model) -> dict[Layer, list[Model]]:
    """The models that hold each layer, outermost first."""
    found: dict[Layer, list[Model]] = {}
    for layer in _members(model):
        found.setdefault(layer, []).append(model)
        if isinstance(layer, Model):
            for inner, holders in _holders(layer).items():
                found.setdefault(inner, []).extend(holders)
    return found


def _members(model: Model) -> list[Layer]:
    """The layers of a model and its input layers, each once."""
    return list(dict.fromkeys([*(tensor.origin.layer for tensor in model.inputs), *model.layers]))


def _free_name(name: str, taken: set[str]) -> str:
    plain = scope_name(name)
    found, count = plain, 0
    while found in taken:
        count += 1
        found = f"{plain}_{count}"
    return found
