"""The shapes that Keras says a layer was built for, as Specs.

Source: tf_keras/src/saving/legacy/saved_model/load.py, KerasObjectLoader._try_build_layer
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasfmt.dtypes import DType
from kerasfmt.graph import Spec
from kerasfmt.ir.structure import Structure


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
