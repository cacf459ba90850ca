"""The weights of tokens in output mode "tf_idf", as a variable that files keep."""

from __future__ import annotations

from kerasfmt.graph import Shape, Spec
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
