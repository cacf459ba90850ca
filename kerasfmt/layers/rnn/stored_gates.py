"""Weights of LSTM and GRU as other classes and older Keras versions store them.

    Keras 2           kernel (features, g * units), recurrent kernel (units, g * units), bias (g * units,)
    GRU, reset after  the same, bias (2, g * units)
    cuDNN             kernels of the same shapes, each gate transposed in memory; bias (2 * g * units,)
    Keras 1           for each gate a kernel (features, units), a recurrent kernel (units, units), a bias (units,)

g is the number of gates: 4 in an LSTM, 3 in a GRU. Keras 1 has the gates of an LSTM in the order input, cell, forget,
output; Keras 2 has input, forget, cell, output.

Source: keras/src/saving/legacy/hdf5_format.py, preprocess_weights_for_loading and _convert_rnn_weights (2.15)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kerasfmt.ir.derived import Derived
from kerasfmt.ir.weight import ArrayLike

Array = npt.NDArray[Any]

_LSTM_GATES: Final = (0, 2, 1, 3)
_GRU_GATES: Final = (0, 1, 2)


def adopt_lstm(stored: Sequence[ArrayLike]) -> Sequence[ArrayLike]:
    """The kernel, the recurrent kernel and the bias of an LSTM, from the arrays of any layout.

    Args:
      stored: the arrays of the layer in a file.
    """
    if len(stored) == 12:
        return _joined(stored, _LSTM_GATES)
    if len(stored) != 3 or not _is_cudnn(stored, 4):
        return stored
    kernel, recurrent, bias = stored
    merged = Derived((bias.shape[0] // 2,), bias.dtype, lambda: np.sum(np.split(_read(bias), 2), axis=0))
    return [*_from_cudnn(kernel, recurrent, 4), merged]


def adopt_gru(stored: Sequence[ArrayLike], reset_after: bool) -> Sequence[ArrayLike]:
    """The kernel, the recurrent kernel and the bias of a GRU, from the arrays of any layout.

    Args:
      stored: the arrays of the layer in a file.
      reset_after: whether the layer applies the reset gate after the matrix product.

    Raises:
      ValueError: the file's layer applies it at the other place.
    """
    if len(stored) == 9:
        stored = _joined(stored, _GRU_GATES)
    if len(stored) != 3:
        return stored
    kernel, recurrent, bias = stored
    cudnn = _is_cudnn(stored, 3)
    after = cudnn or len(bias.shape) == 2
    if after != reset_after:
        found = "a CuDNNGRU" if cudnn else f"a GRU(reset_after={after})"
        raise ValueError(
            f"the weights in the file are those of {found}, whose bias has the shape {list(bias.shape)}; "
            f"they do not fit reset_after={reset_after}; make the layer with reset_after={after}"
        )
    if not cudnn:
        return stored
    split = Derived((2, bias.shape[0] // 2), bias.dtype, lambda: _read(bias).reshape(2, -1))
    return [*_from_cudnn(kernel, recurrent, 3), split]


def _is_cudnn(stored: Sequence[ArrayLike], gates: int) -> bool:
    """Whether three arrays are those of a layer of cuDNN."""
    _, recurrent, bias = stored
    return len(recurrent.shape) == 2 and tuple(bias.shape) == (2 * gates * recurrent.shape[0],)


def _from_cudnn(kernel: ArrayLike, recurrent: ArrayLike, gates: int) -> list[ArrayLike]:
    """The kernels in the layout of Keras, gate by gate.

    Raises:
      ValueError: they do not have so many gates.
    """
    for array in (kernel, recurrent):
        if len(array.shape) != 2 or array.shape[1] % gates:
            raise ValueError(f"expected kernels of {gates} gates in two dimensions, got {list(array.shape)}")

    def by_gate(array: ArrayLike, change: Callable[[Array], Array]) -> Derived:
        make = lambda: np.hstack([change(gate) for gate in np.hsplit(_read(array), gates)])  # noqa: E731
        return Derived(tuple(array.shape), array.dtype, make)

    return [
        by_gate(kernel, lambda gate: gate.T.reshape(gate.shape, order="F")),
        by_gate(recurrent, np.transpose),
    ]


def _joined(stored: Sequence[ArrayLike], order: Sequence[int]) -> list[ArrayLike]:
    """Kernel, recurrent kernel and bias of all gates together; a file of Keras 1 has all three for each gate."""

    def joined(part: int) -> Derived:
        arrays = [stored[3 * gate + part] for gate in order]
        first = tuple(arrays[0].shape)
        if not first or any(tuple(array.shape) != first for array in arrays):
            raise ValueError(
                f"expected arrays of one shape for all gates, got {[list(a.shape) for a in arrays]}"
            )
        shape = (*first[:-1], first[-1] * len(order))
        return Derived(shape, arrays[0].dtype, lambda: np.concatenate([_read(a) for a in arrays], axis=-1))

    return [joined(part) for part in range(3)]


def _read(array: ArrayLike) -> Array:
    return np.asarray(array)
