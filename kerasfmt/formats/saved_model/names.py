"""Names that TensorFlow takes as scopes.

Keras opens a name scope for each layer, so that a name has to match `[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*`. A layer of
another name (spaces, letters beyond ASCII) is written under one that matches: each other character becomes `_`,
and a number follows where that name is taken.

Source: tensorflow/python/framework/ops.py, _VALID_SCOPE_NAME_REGEX.
"""

from __future__ import annotations

import re

from kerasfmt.ir import Layer, Model
from kerasfmt.ir.naming import OWN_NAMES, LayerNames, Named

_VALID = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")
_INVALID_CHARACTER = re.compile(r"[^A-Za-z0-9_.\\/>-]")


def is_valid(name: str) -> bool:
    """Whether TensorFlow takes `name` as a scope."""
    return _VALID.fullmatch(name) is not None


def scope_name(name: str) -> str:
    """`name` itself if TensorFlow takes it, else a similar name."""
    plain = _INVALID_CHARACTER.sub("_", name)
    return plain if is_valid(plain) else f"layer{plain}"


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
