"""What a layer demands of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Shape, Spec
from kerasfmt.typing import record


@record(frozen=True)
class InputSpec:
    """What a layer demands of an input; Keras's InputSpec, kept because Keras stores it.

    Source: tf_keras/src/engine/input_spec.py.
    """

    dtype: str | None = None
    shape: tuple[int | None, ...] | None = None
    ndim: int | None = None
    max_ndim: int | None = None
    min_ndim: int | None = None
    axes: Mapping[int, int | None] = field(default_factory=dict)

    def mismatch(self, shape: Shape) -> str | None:
        """What is wrong with an input of that shape (rank and `axes` are looked at), or None."""
        if shape is None:
            return None
        rank = len(shape)
        if self.ndim is not None and rank != self.ndim:
            return f"expected {self.ndim} dimensions, got shape {shape}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"expected at least {self.min_ndim} dimensions, got shape {shape}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected at most {self.max_ndim} dimensions, got shape {shape}"
        for axis, size in self.axes.items():
            if not -rank <= axis < rank or (None not in (size, shape[axis]) and size != shape[axis]):
                return f"expected {size} elements along axis {axis}, got shape {shape}"
        return None

    def general(self, dtype: DType) -> Spec:
        """The Spec of every input that meets the demand; of `dtype`, where the demand names none."""
        wanted = dtypes.of(self.dtype) if self.dtype else dtype
        if self.shape is not None or self.ndim is None:
            return Spec(self.shape, wanted)
        shape: list[int | None] = [None] * self.ndim
        for axis, size in self.axes.items():
            shape[axis] = size
        return Spec(tuple(shape), wanted)
