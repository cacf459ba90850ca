"""Layers of Keras's own that code of the user's calls, built for the shapes that the live ones were built for.

    {"input_shape": shape}           of one argument
    {"shapes_dict": {name: shape}}   of several arguments, Keras 3: query_shape, value_shape

Source: keras/src/layers/layer.py, get_build_config (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.formats.saved_model.built_shapes import specs_of_shapes
from kerasfmt.ir import Layer, Tensor
from kerasfmt.ir.structure import map_structure
from kerasfmt.ir.trace_sharing import SharedTraces

_SEVERAL: Final = "shapes_dict"


def build_as(layer: Layer, live: Any) -> None:
    """Builds a layer as its live one was built; does nothing where that does not say for which shapes.

    Args:
      layer: the layer, which is not built yet.
      live: the live layer.
    """
    stated = live.get_build_config() if hasattr(live, "get_build_config") else None
    if not stated:
        return
    if _SEVERAL in stated:
        shapes = {name: shape for name, shape in stated[_SEVERAL].items() if shape is not None}
        tensors = {name.removesuffix("_shape"): _tensors(layer, shape) for name, shape in shapes.items()}
        first, *further = tensors
        layer(tensors[first], **{name: tensors[name] for name in further})
    elif len(stated) == 1:  # its own `call` runs, as when it is called on no symbolic tensor
        (shape,) = stated.values()
        layer.ensure_built(specs_of_shapes(as_shapes(shape), layer.compute_dtype))


def _tensors(layer: Layer, shape: Any) -> Any:
    """New symbolic tensors of these shapes."""
    specs = specs_of_shapes(as_shapes(shape), layer.compute_dtype)
    return map_structure(lambda spec: Tensor(spec, SharedTraces()), specs)


def as_shapes(shapes: Any) -> Any:
    """Shapes of a live layer, with a tuple for each shape."""
    if hasattr(shapes, "as_list"):
        return tuple(shapes.as_list())
    if isinstance(shapes, Mapping):
        return {key: as_shapes(item) for key, item in shapes.items()}
    if isinstance(shapes, list | tuple) and any(isinstance(item, list | tuple) for item in shapes):
        return [as_shapes(item) for item in shapes]
    return tuple(shapes)
