"""Variables of live Keras models, as arrays that are read when they are used.

Keras 2           tf.Variable: name "dense/kernel:0"; read_value() gives a tensor that NumPy views
Keras 3           keras.Variable: path "dense/kernel"; value is the backend's own array:
  JAX             jax.Array: NumPy views it if it is in the host's memory
  torch           torch.nn.Parameter: detached and, if need be, copied to the host
  NumPy           np.ndarray
  TensorFlow      tf.Variable
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.typing import override


class DeferredArray(ABC):
    """An array of another library, which is read when it is used.

    Attributes:
      shape: its shape.
      dtype: its NumPy dtype.
    """

    __slots__ = ("dtype", "shape")
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @abstractmethod
    def read(self) -> npt.NDArray[Any]:
        """The content; a view of the other library's memory if possible."""

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The content, of this dtype."""
        array = self.read()
        if dtype is not None:
            array = array.astype(dtype, copy=False)
        return array.copy() if copy else array

    @property
    def nbytes(self) -> int:
        """Bytes of the array in memory."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.dtype}{list(self.shape)}>"


class LiveArray(DeferredArray):
    """The whole value of a variable of a live model; every use reads the current value."""

    __slots__ = ("_variable",)

    def __init__(self, variable: Any) -> None:
        self._variable = variable
        sizes = tuple(variable.shape)
        # A variable of Keras 2 may leave open a size that its value has.
        self.shape = to_numpy(variable).shape if None in sizes else tuple(int(size) for size in sizes)
        self.dtype = dtypes.of(_dtype_name(variable.dtype)).numpy

    @override
    def read(self) -> npt.NDArray[Any]:
        return to_numpy(self._variable).astype(self.dtype, copy=False)

    @override
    def __repr__(self) -> str:
        return f"<LiveArray {variable_name(self._variable)} {self.dtype}{list(self.shape)}>"


class MergedArray(DeferredArray):
    """The value of a live variable with an adapter of low rank added; every use reads the current values.

    Source: keras/src/layers/core/dense.py, kernel (3.x)
    """

    __slots__ = ("_base", "_factor", "_left", "_right")

    def __init__(self, base: Any, left: Any, right: Any, factor: float) -> None:
        self._base, self._left, self._right = map(LiveArray, (base, left, right))
        self._factor = factor
        self.shape, self.dtype = self._base.shape, self._base.dtype

    @override
    def read(self) -> npt.NDArray[Any]:
        """`base + factor * left @ right`."""
        change = np.matmul(self._left.read(), self._right.read()) * self._factor
        merged: npt.NDArray[Any] = self._base.read() + change
        return merged.astype(self.dtype)


def variable_name(variable: Any) -> str:
    """The name of a variable: its path in Keras 3, its name without the output number in Keras 2."""
    path = getattr(variable, "path", None)
    name = path if isinstance(path, str) else str(variable.name)
    return name.partition(":")[0]


def _dtype_name(dtype: Any) -> Any:
    """A dtype of NumPy, TensorFlow, JAX, torch or Keras as something that `dtypes.of` takes."""
    name = getattr(dtype, "name", None)
    if isinstance(name, str):
        return name.removesuffix("_ref")
    text = str(dtype)
    return text.rpartition(".")[2] if text.startswith("torch.") else dtype


def to_numpy(variable: Any) -> npt.NDArray[Any]:
    """The content of a variable or a tensor of any backend; a view of its memory if possible."""
    value = variable
    session = _session_of(variable)
    if session is not None:
        return np.asarray(session.run(variable))
    if hasattr(value, "path") and hasattr(value, "value"):  # keras.Variable
        value = value.value
        value = value() if callable(value) else value
    if hasattr(value, "read_value"):  # tf.Variable
        value = value.read_value()
    if hasattr(value, "detach"):  # torch.Tensor
        return _from_torch(value.detach().cpu())
    try:
        return np.asarray(value)
    except NotImplementedError as error:
        raise InvalidModelError(
            f"variable {variable_name(variable)}: it has no value outside of a session, because eager execution is "
            "off, as in TensorFlow 1; turn it on, or let Keras save the model as HDF5 and load that file"
        ) from error


def _session_of(variable: Any) -> Any:
    """Keras's session, if a variable is one of a graph, as in TensorFlow 1; None for any other.

    Source: tf_keras/src/backend.py, get_session and batch_get_value
    """
    if not hasattr(variable, "read_value") or getattr(variable, "_in_graph_mode", False) is not True:
        return None
    for package in ("tf_keras.src", "keras.src", "keras"):
        backend: Any = sys.modules.get(f"{package}.backend")
        if hasattr(backend, "_get_session"):
            return backend.get_session([variable])
    return None


def _from_torch(tensor: Any) -> npt.NDArray[Any]:
    """The array of a torch tensor; bfloat16 goes through int16, because NumPy has no bfloat16 and torch refuses it."""
    if str(tensor.dtype) != "torch.bfloat16":
        return np.asarray(tensor.numpy())
    bits = sys.modules[type(tensor).__module__.split(".")[0]].int16
    return np.asarray(tensor.view(bits).numpy()).view(dtypes.bfloat16.numpy)
