"""The content of a weight as a constant: Keras makes one when a layer has learned, and its functions capture that."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.graph import EagerConstant, Spec
from kerasfmt.ir.weight import Weight
from kerasfmt.typing import override


class WeightContent(EagerConstant):
    """What a weight holds at the time when it is asked for.

    Args:
      weight: the weight.
      shape: the shape of the constant, of as many elements; that of the content by default.
    """

    def __init__(self, weight: Weight, shape: tuple[int, ...] | None = None) -> None:
        super().__init__(f"{weight.name}/content", np.zeros(0, weight.dtype.numpy), weight.dtype)
        self._weight = weight
        self._shape = shape

    @property
    @override
    def value(self) -> np.ndarray[Any, Any]:
        """The content of the weight at this time."""
        content = self._weight.numpy()
        return content if self._shape is None else content.reshape(self._shape)

    @property
    @override
    def argument(self) -> Spec:
        return super().argument if self._shape is None else Spec(self._shape, self.dtype)
