"""Layer names that TensorFlow can read back.

Keras opens a name scope for each layer, so that a name has to match `[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*`. A layer of
another name (spaces, letters beyond ASCII) is written under one that matches: each other character becomes `_`,
and a number follows where that name is taken.

Source: tensorflow/python/framework/ops.py, _VALID_SCOPE_NAME_REGEX.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from kerasfmt.ir import Layer, Model

_VALID = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")


def is_valid(name: str) -> bool:
    """Whether TensorFlow takes `name` as that of a layer."""
    return _VALID.fullmatch(name) is not None


def readable(name: str) -> str:
    """`name` itself where TensorFlow takes it, else one that is like it."""
    plain = re.sub(r"[^A-Za-z0-9_.\\/>-]", "_", name)
    return plain if is_valid(plain) else f"layer{plain}"


@contextmanager
def readable_names(model: Model) -> Iterator[None]:
    """Within the context, every layer of the model has a name that TensorFlow takes."""
    renamed = {layer: layer.name for layer in _rename(model)}
    if not is_valid(model.name):
        renamed[model] = model.name
    try:
        for layer, name in renamed.items():
            layer.name = _free_name(name, {other.name for other in _siblings(model, layer)})
        yield
    finally:
        for layer, name in renamed.items():
            layer.name = name


def _rename(model: Model) -> Iterator[Layer]:
    """Layers of the model, and of the models in it, that need another name."""
    for layer in _members(model):
        if not is_valid(layer.name):
            yield layer
        if isinstance(layer, Model):
            yield from _rename(layer)


def _members(model: Model) -> list[Layer]:
    """The layers of a model and its input layers, each once."""
    return list(dict.fromkeys([*(tensor.origin.layer for tensor in model.inputs), *model.layers]))


def _siblings(model: Model, layer: Layer) -> list[Layer]:
    """The layers beside `layer` in the model that holds it."""
    members = _members(model)
    if layer in members:
        return members
    return next(
        (found for m in members if isinstance(m, Model) for found in [_siblings(m, layer)] if found), []
    )


def _free_name(name: str, taken: set[str]) -> str:
    plain = readable(name)
    found, count = plain, 0
    while found in taken:
        count += 1
        found = f"{plain}_{count}"
    return found
