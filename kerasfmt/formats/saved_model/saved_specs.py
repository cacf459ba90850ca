"""The specs and shapes of inputs, as Keras's texts state them.

    {"class_name": "TypeSpec", "type_spec": "tf.TensorSpec", "serialized": [shape, dtype, name]}

Source: tf_keras/src/saving/legacy/saved_model/json_utils.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Spec
from kerasfmt.ir.json_values import unwrap
from kerasfmt.ir.structure import Structure

_PARTS: Final = 3


def saved_specs(value: Any) -> Structure:
    """A structure of Specs; a leaf that is not the spec of a dense tensor is None.

    Args:
      value: JSON, with the wrappers of tuples and shapes.
    """
    if isinstance(value, Mapping) and value.get("class_name") == "TypeSpec":
        parts = value.get("serialized")
        if value.get("type_spec") != "tf.TensorSpec" or not isinstance(parts, list) or len(parts) != _PARTS:
            return None
        shape, dtype, name = parts
        items = shape.get("items") if isinstance(shape, Mapping) else None
        return Spec(None if items is None else unwrap(shape), dtypes.of(str(dtype)), name or None)
    if isinstance(value, Mapping) and value.get("class_name") == "__tuple__":
        return tuple(map(saved_specs, value.get("items") or ()))
    if isinstance(value, Mapping):
        return {key: saved_specs(item) for key, item in value.items()}
    return list(map(saved_specs, value)) if isinstance(value, list) else None


def specs_of_shapes(shapes: Any, dtype: DType) -> Structure:
    """A structure of shapes as Specs of one dtype; a tuple of sizes is a shape.

    Raises:
      ValueError: it holds something else.
    """
    if isinstance(shapes, tuple) and all(size is None or isinstance(size, int) for size in shapes):
        return Spec(shapes, dtype)
    if isinstance(shapes, Mapping):
        return {key: specs_of_shapes(shape, dtype) for key, shape in shapes.items()}
    if isinstance(shapes, list | tuple):
        return [specs_of_shapes(shape, dtype) for shape in shapes]
    raise ValueError(f"expected shapes, got {shapes!r:.80}")
