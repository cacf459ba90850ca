"""Arrays of tensors in graphs of TensorFlow 1.

A handle stands for the array itself, which ops change in place. A number, the flow, is handed from op to op; it fixes
their order and means nothing else.

Source: tensorflow/core/ops/data_flow_ops.cc; tensorflow/core/kernels/tensor_array_ops.cc and tensor_array.h.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.graph.op import Effect
from kerasfmt.graph.ops.declare import Array, Attrs, declare_computed
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import zeros_of
from kerasfmt.graph.value import Value

_FLOW: Final = np.float32(0)
_LARGEST: Final = 1 << 24
"""The largest size of an array; a larger one is an error, not a wish."""


class TensorArray:
    """Tensors of one dtype; those that nothing has written are None.

    Args:
      dtype: the dtype.
      shape: the shape of each, as far as it is known.
      size: the number of tensors.
      dynamic: whether a write beyond the end makes the array longer.
    """

    def __init__(self, dtype: DType, shape: Shape, size: int, dynamic: bool) -> None:
        self.dtype = dtype
        self.shape = shape
        self.dynamic = dynamic
        self.items: list[Array | None] = []
        self._grow(size)

    def _grow(self, size: int) -> None:
        if not 0 <= size <= _LARGEST:
            raise ValueError(f"expected a size of at most {_LARGEST:,}, got {size:,}")
        self.items += [None] * (size - len(self.items))

    def write(self, index: int, value: Array) -> None:
        """Sets a tensor.

        Raises:
          ValueError: the index is out of range, or the tensor has another dtype.
        """
        if value.dtype != self.dtype.numpy:
            raise ValueError(f"expected a tensor of {self.dtype.name}, got {value.dtype}")
        if self.dynamic and index >= len(self.items):
            self._grow(index + 1)
        if not 0 <= index < len(self.items):
            raise ValueError(f"index {index}: expected one of {len(self.items)} tensors")
        self.items[index] = value

    def read(self, index: int) -> Array:
        """A tensor; zeros where nothing has been written and the shape is known.

        Raises:
          ValueError: the index is out of range, or there is nothing and the shape is not known.
        """
        if not 0 <= index < len(self.items):
            raise ValueError(f"index {index}: expected one of {len(self.items)} tensors")
        found = self.items[index]
        if found is None:
            shape = next((item.shape for item in self.items if item is not None), None)
            if shape is None:
                if self.shape is None or None in self.shape:
                    raise ValueError(f"index {index}: nothing has been written there")
                shape = tuple(size for size in self.shape if size is not None)
            return zeros_of(shape, self.dtype)
        return found

    def stacked(self, indices: Sequence[int]) -> Array:
        """Several tensors as one."""
        if not len(indices):
            shape = tuple(size or 0 for size in self.shape or ())
            return zeros_of((0, *shape), self.dtype)
        return np.stack([self.read(int(index)) for index in indices])


def _create(attrs: Attrs, size: Array) -> list[Any]:
    return [
        TensorArray(attrs["dtype"], attrs["element_shape"], int(size), bool(attrs["dynamic_size"])),
        _FLOW,
    ]


def _write(attrs: Attrs, array: TensorArray, index: Array, value: Array, flow: Array) -> list[Any]:
    array.write(int(index), np.asarray(value))
    return [flow]


def _scatter(attrs: Attrs, array: TensorArray, indices: Array, values: Array, flow: Array) -> list[Any]:
    if len(indices) != len(values):
        raise ValueError(f"expected {len(indices)} tensors, got {len(values)}")
    for index, value in zip(indices.tolist(), values, strict=True):
        array.write(index, np.asarray(value))
    return [flow]


def _split(attrs: Attrs, array: TensorArray, value: Array, lengths: Array, flow: Array) -> list[Any]:
    if lengths.sum() != len(value) or (lengths < 0).any():
        raise ValueError(f"expected lengths whose sum is {len(value)}, got {lengths.tolist()!s:.80}")
    for index, part in enumerate(np.split(value, np.cumsum(lengths)[:-1]) if len(lengths) else []):
        array.write(index, part)
    return [flow]


def _concat(attrs: Attrs, array: TensorArray, flow: Array) -> list[Any]:
    parts = [array.read(index) for index in range(len(array.items))]
    if not parts:
        return [array.stacked(()), np.zeros(0, np.int64)]
    return [np.concatenate(parts), np.array([len(part) for part in parts], np.int64)]


def _gather(attrs: Attrs, array: TensorArray, indices: Array, flow: Array) -> list[Any]:
    return [array.stacked(indices.tolist())]


def _flow_out(attrs: Attrs, *inputs: Value) -> list[Shape]:
    return [()]


declare_computed("TensorArrayV3", lambda attrs, size: [(2,), ()], _create, effect=Effect.WRITES)
declare_computed("TensorArrayWriteV3", _flow_out, _write, effect=Effect.WRITES)
declare_computed("TensorArrayScatterV3", _flow_out, _scatter, effect=Effect.WRITES)
declare_computed("TensorArraySplitV3", _flow_out, _split, effect=Effect.WRITES)
declare_computed(
    "TensorArrayReadV3",
    lambda attrs, handle, index, flow: [None],
    lambda attrs, array, index, flow: [array.read(int(index))],
    effect=Effect.READS,
)
declare_computed(
    "TensorArrayGatherV3", lambda attrs, handle, indices, flow: [None], _gather, effect=Effect.READS
)
declare_computed(
    "TensorArrayConcatV3", lambda attrs, handle, flow: [None, (None,)], _concat, effect=Effect.READS
)
declare_computed(
    "TensorArraySizeV3",
    _flow_out,
    lambda attrs, array, flow: [np.int32(len(array.items))],
    effect=Effect.READS,
)
declare_computed(
    "TensorArrayCloseV3", lambda attrs, handle: [], lambda attrs, array: [], effect=Effect.WRITES
)
