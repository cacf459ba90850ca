"""Symbolic tensors of a functional model: what a layer call takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Shape, Spec
from kerasfmt.graph.node_types import as_array
from kerasfmt.ir.structure import Structure, flatten
from kerasfmt.printable import printable
from kerasfmt.typing import override

if TYPE_CHECKING:
    from kerasfmt.ir.layer import Layer
    from kerasfmt.ir.trace_sharing import SharedTraces


class Tensor:
    """The symbolic output of a layer call.

    Attributes:
      mask: the spec of its mask (bool, with its leading dimensions), or None.
      shared_traces: the traces shared by equal layers that are called on it or on its results.

    Source: tf_keras/src/engine/keras_tensor.py, KerasTensor.
    """

    def __init__(self, spec: Spec, shared_traces: SharedTraces) -> None:
        self.spec = spec
        self.shared_traces = shared_traces
        self.mask: Spec | None = None
        self.call: Call | None = None
        self.index = 0

    @property
    def shape(self) -> Shape:
        """The shape, with None for the batch and other unknown dimensions."""
        return self.spec.shape

    @property
    def dtype(self) -> DType:
        """The dtype."""
        return self.spec.dtype

    @property
    def masked(self) -> bool:
        """Whether it has a mask."""
        return self.mask is not None

    @property
    def origin(self) -> Call:
        """The layer call that made this tensor."""
        assert self.call is not None
        return self.call

    @override
    def __repr__(self) -> str:
        return printable(f"<Tensor {self.spec.dtype.name}{self.spec.shape} of {self.origin.layer.name}>")


class Constant:
    """A value among the arguments of a call that is not a tensor; always a leaf, even if it is a list or a dict.

    Attributes:
      value: numbers, texts or bytes, in lists or an array.

    Source: tf_keras/src/engine/node.py, _CONSTANT_VALUE.
    """

    mask: Spec | None = None
    masked: ClassVar[bool] = False

    def __init__(self, value: Any) -> None:
        self.value = value

    @cached_property
    def spec(self) -> Spec:
        """The spec of the tensor that a layer makes of it: its whole shape, and the dtype that TensorFlow gives it.

        Raises:
          ValueError: no tensor holds it.
        """
        array = as_array(self.value, None)
        return Spec(array.shape, dtypes.of(array.dtype))

    @property
    def shape(self) -> Shape:
        """The shape of that tensor."""
        return self.spec.shape

    @property
    def dtype(self) -> DType:
        """The dtype of that tensor."""
        return self.spec.dtype

    @property
    def plain(self) -> Any:
        """The value without arrays: numbers, texts and bytes in lists."""
        return self.value.tolist() if isinstance(self.value, np.ndarray | np.generic) else self.value

    @override
    def __repr__(self) -> str:
        return f"Constant({self.value!r})"


@dataclass(eq=False)
class Call:
    """One call of a layer on symbolic tensors; Keras's Node.

    Attributes:
      layer: the layer.
      inputs: its first argument, a structure of Tensors and Constants.
      kwargs: the further arguments; leaves are Tensors, Constants that are tensors to the layer, or other values.
      outputs: a structure of Tensors.
      index: position among the calls of this layer.
      default_training: the mode, where neither the call nor the call of the model states one; only Keras 3 has it.
    """

    layer: Layer
    inputs: Structure
    kwargs: dict[str, Any]
    outputs: Structure
    index: int
    default_training: bool | None = None

    @property
    def tensor_inputs(self) -> list[Tensor]:
        """Every Tensor among the arguments: inputs first, then keyword arguments by name."""
        leaves = [*flatten(self.inputs), *(t for _, v in sorted(self.kwargs.items()) for t in flatten(v))]
        return [leaf for leaf in leaves if isinstance(leaf, Tensor)]

    @cached_property
    def flat_outputs(self) -> Sequence[Tensor]:
        """The outputs as a list."""
        return flatten(self.outputs)
