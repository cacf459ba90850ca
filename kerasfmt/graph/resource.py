"""Resources: what a handle in a graph stands for."""

from __future__ import annotations

from kerasfmt.dtypes import DType
from kerasfmt.graph.spec import Spec


class Variable:
    """A tensor outside the graph that functions read and assign; variables are equal only if they are identical.

    Attributes:
      shape: its shape, fully known.
      dtype: its stored dtype.

    Args:
      name: its name, as TensorFlow writes it (`dense/kernel`).
      spec: its shape (fully known) and dtype.
      autocast: whether its value is cast where the other operands have another float dtype
        (Keras's AutoCastVariable).
    """

    def __init__(self, name: str, spec: Spec, *, autocast: bool = False) -> None:
        assert spec.shape is not None
        self.name = name
        self.spec = spec
        self.shape: tuple[int, ...] = tuple(int(d) for d in spec.shape if d is not None)
        self.dtype: DType = spec.dtype
        self.autocast = autocast
