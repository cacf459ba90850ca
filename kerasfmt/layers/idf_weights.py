"""The weights of tokens in output mode "tf_idf": a variable that files keep, and a constant that functions capture."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.graph import EagerConstant, Shape, Spec
from kerasfmt.ir.weight import Weight
from kerasfmt.typing import override


class IdfWeights(Weight):
    """A weight for each token; it is as long as its content."""

    @property
    @override
    def declared_shape(self) -> Shape:
        """One axis of any length."""
        return (None,)

    @override
    def takes_shape(self, shape: tuple[int, ...]) -> bool:
        return len(shape) == 1

    @override
    def content_changed(self) -> None:
        """Takes the shape of the content."""
        self.shape = tuple(self.value.shape)
        self.spec = Spec(self.shape, self.dtype)


class WeightContent(EagerConstant):
    """The content of a weight as a constant.

    Args:
      weight: the weight.
    """

    def __init__(self, weight: Weight) -> None:
        super().__init__(f"{weight.name}/content", np.zeros(0, weight.dtype.numpy), weight.dtype)
        self._weight = weight

    @property
    @override
    def value(self) -> np.ndarray[Any, Any]:
        """The content of the weight at this time."""
        return self._weight.numpy()
