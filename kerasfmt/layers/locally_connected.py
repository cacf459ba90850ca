"""Convolutions whose windows have weights of their own: LocallyConnected1D, LocallyConnected2D.

Inputs are (batch, *spatial, channels), or (batch, channels, *spatial) for channels_first; their spatial sizes
must be known. The weights take one of three forms (option `implementation`). O and I are the spatial sizes of
output and input:

    1   kernel (product(O), product(kernel_size) * channels, filters), a matrix per window
    2   kernel (*I, channels, *O, filters), or (channels, *I, filters, *O) for channels_first; only the
        elements that connect a window with its output are used
    3   kernel (n,), only these elements, sorted by output position (O and filter), then by input position

Source: tf_keras/src/layers/locally_connected/.
"""

from __future__ import annotations

import math
from functools import reduce
from itertools import product
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np

from kerasfmt import limits
from kerasfmt.dtypes import DType
from kerasfmt.graph import Spec, Value, emit_one, known_size, ops
from kerasfmt.ir import activations, constraints, fields, initializers, regularizers
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.nn import convolution as convolve
from kerasfmt.typing import override

Positions: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
_CONNECTION_SIZE: Final = 64
"""Bytes of a connection while it is worked out: eight numbers."""


class LocallyConnected(Layer, register=False):
    """Base of the convolutions without shared weights.

    Args:
      filters: number of output channels.
      kernel_size: size of the window along each spatial axis.
      strides: step of the window.
      padding: "valid", or "same" (not with implementation 1).
      data_format: "channels_last" or "channels_first".
      activation: activation function.
      use_bias: whether a bias is added.
      implementation: form of the weights, 1 to 3.
    """

    facts = KerasFacts(absent_in=3, traced_by_input_spec=False)
    rank: ClassVar[int]
    filters: int = fields.positive_integer()
    kernel_size: fields.Sizes = fields.option(convert=tuple)
    strides: fields.Sizes = fields.option(convert=tuple)
    padding: str = fields.choice("valid", "same", default="valid")
    data_format: fields.DataFormat = fields.data_format()
    activation: activations.Option = activations.option()
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    implementation: int = fields.choice(1, 2, 3, default=1)
    kernel: Weight = fields.weight()
    bias: Weight = fields.weight()

    @override
    def validate(self) -> None:
        """Checks that implementation 1 is used without padding."""
        if self.implementation == 1 and self.padding != "valid":
            raise self.fail(f"option padding: expected 'valid' with implementation 1, got {self.padding!r}")

    @property
    def _first(self) -> bool:
        return self.data_format == "channels_first"

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel in the form of `implementation`, and a bias (*O, filters)."""
        start = 2 if self._first else 1
        self._sizes = [self.axis_dim(inputs, start + i) for i in range(self.rank)]
        self._channels = self.axis_dim(inputs, 1 if self._first else -1)
        per_axis = zip(self._sizes, self.kernel_size, self.strides, strict=True)
        self._outs = [convolve.out_length(n, k, self.padding, s) or 0 for n, k, s in per_axis]
        if min(self._outs) <= 0:
            raise self.fail(f"input: expected sizes of at least {self.kernel_size}, got shape {inputs.shape}")
        self.kernel = self.add_weight("kernel", self._kernel_shape())
        if self.use_bias:
            self.bias = self.add_weight("bias", (*self._outs, self.filters))

    def _kernel_shape(self) -> tuple[int, ...]:
        if self.implementation == 1:
            window = known_size(self.kernel_size) or 0
            return (known_size(self._outs) or 0, window * self._channels, self.filters)
        if self.implementation == 2:
            return (
                *self._with_depth(self._sizes, self._channels),
                *self._with_depth(self._outs, self.filters),
            )
        joined = [len(inputs) for inputs, _ in self._joined()]
        return ((known_size(joined) or 0) * self._channels * self.filters,)

    def _with_depth(self, sizes: list[int], depth: int) -> list[int]:
        return [depth, *sizes] if self._first else [*sizes, depth]

    def _joined(self) -> list[tuple[Positions, Positions]]:
        """For each spatial axis, the pairs of input and output positions that a window connects."""
        pairs = []
        connections = sum(out * k for out, k in zip(self._outs, self.kernel_size, strict=True))
        limits.spend(_CONNECTION_SIZE * connections, self._label())
        for n, out, k, s in zip(self._sizes, self._outs, self.kernel_size, self.strides, strict=True):
            starts = np.arange(out) * s - (k // 2 if self.padding == "same" else 0)
            inputs = starts[:, None] + np.arange(k)
            outputs = np.broadcast_to(np.arange(out)[:, None], inputs.shape)
            inside = (inputs >= 0) & (inputs < n)
            pairs.append((inputs[inside], outputs[inside]))
        return pairs

    def _mask(self, dtype: DType) -> np.ndarray[Any, np.dtype[Any]]:
        """1 where a window connects an input with an output: (*I, 1, *O, 1), or (1, *I, 1, *O) for channels_first."""
        limits.spend((1 + dtype.itemsize) * math.prod((*self._sizes, *self._outs)), self._label())
        masks = []
        for n, out, (inputs, outputs) in zip(self._sizes, self._outs, self._joined(), strict=True):
            masks.append(np.zeros((n, out), np.bool_))
            masks[-1][inputs, outputs] = True
        joined = reduce(np.multiply.outer, masks)
        joined = joined.transpose(*range(0, 2 * self.rank, 2), *range(1, 2 * self.rank, 2))
        joined = np.expand_dims(joined, 0 if self._first else self.rank)
        return np.expand_dims(joined, self.rank + 1 if self._first else joined.ndim).astype(dtype.numpy)

    def _connections(self) -> Positions:
        """Output and input position of each element of kernel 3: int64 (n, 2), sorted."""
        limits.spend(_CONNECTION_SIZE * math.prod(self.kernel.shape), self._label())
        channels, filters = np.indices((self._channels, self.filters)).reshape(2, -1)
        parts = self._joined()
        parts.insert(0 if self._first else self.rank, (channels, filters))
        sizes = self._with_depth(self._sizes, self._channels), self._with_depth(self._outs, self.filters)
        grids = [
            np.ravel_multi_index(np.meshgrid(*(part[side] for part in parts), indexing="ij"), sizes[side])
            for side in (1, 0)
        ]
        pairs = np.stack([grid.ravel() for grid in grids], axis=1)
        return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int64)

    @override
    def input_spec(self) -> InputSpec:
        """One batch axis, and the number of channels for which the kernel was built."""
        return InputSpec(ndim=self.rank + 2, axes={1 if self._first else -1: self._channels})

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        """The connections, which Keras keeps in a list."""
        return ("kernel_idxs",) if self.implementation == 3 else ()

    @override
    def call(self, inputs: Value) -> Value:
        outputs = (self._per_window, self._masked, self._sparse)[self.implementation - 1](inputs)
        if self.use_bias:
            bias = convolve.read(outputs, self.bias, "Reshape")
            outputs = outputs + ops.reshape(bias, [1, *self._with_depth(self._outs, self.filters)])
        return self.activation(outputs)

    def _per_window(self, x: Value) -> Value:
        """The outputs of implementation 1. Source: tf_keras/src/backend.py, local_conv."""
        everything, windows = slice(None), []
        for position in product(*(range(n) for n in self._outs)):
            starts = [p * s for p, s in zip(position, self.strides, strict=True)]
            spatial = [slice(b, b + k) for b, k in zip(starts, self.kernel_size, strict=True)]
            index = (everything, everything, *spatial) if self._first else (everything, *spatial, everything)
            windows.append(ops.reshape(ops.getitem(x, index), [1, -1, self.kernel.shape[1]]))
        products = ops.batch_matmul(ops.concat(windows, 0), self.kernel)
        split = ops.reshape(products, [*self._outs, -1, self.filters])
        spatial_axes = list(range(self.rank))
        batch, depth = self.rank, self.rank + 1
        return ops.transpose(
            split, [batch, depth, *spatial_axes] if self._first else [batch, *spatial_axes, depth]
        )

    def _masked(self, x: Value) -> Value:
        """The outputs of implementation 2. Source: locally_connected_utils.py, local_conv_matmul."""
        if self.kernel.dtype is x.dtype:
            kernel = x.graph.read(self.kernel, "mul")
        else:  # an AutoCastVariable times an array is read by a separate op
            kernel = ops.cast(emit_one("Identity", x.graph.read(self.kernel, "Read")), x.dtype)
        kernel = kernel * self._mask(x.dtype)
        rows = known_size(self.kernel.shape[: self.rank + 1]) or 0
        matrix = ops.reshape(kernel, [rows, known_size(self.kernel.shape[self.rank + 1 :])])
        flat = ops.reshape(x, [-1, rows])
        # TensorFlow multiplies float16 and float64 as dense matrices (math_ops.py, matmul).
        if x.dtype.name in ("float32", "bfloat16"):
            products = ops.cast(ops.sparse_matmul(flat, matrix, b_is_sparse=True), x.dtype)
        else:
            products = ops.matmul(flat, matrix)
        return ops.reshape(products, [-1, *self._with_depth(self._outs, self.filters)])

    def _sparse(self, x: Value) -> Value:
        """The outputs of implementation 3. Source: locally_connected_utils.py, local_conv_sparse_matmul."""
        rows = known_size(self._with_depth(self._outs, self.filters)) or 0
        columns = known_size(self._with_depth(self._sizes, self._channels)) or 0
        products = ops.sparse_dense_matmul(
            self._connections(),
            convolve.read(x, self.kernel, "SparseTensorDenseMatMul"),
            np.array([rows, columns], np.int64),
            ops.reshape(x, [-1, columns]),
            adjoint_b=True,
        )
        outputs = ops.transpose(products, [1, 0])
        return ops.reshape(outputs, [-1, *self._with_depth(self._outs, self.filters)])


class LocallyConnected1D(LocallyConnected):
    """A convolution over sequences without shared weights; options as `LocallyConnected`.

    Input: float (batch, steps, channels). Output: float (batch, new_steps, filters).
    Source: tf_keras/src/layers/locally_connected/locally_connected1d.py.
    """

    rank = 1
    kernel_size: fields.Sizes = fields.dims(1)
    strides: fields.Sizes = fields.dims(1, default=1)


class LocallyConnected2D(LocallyConnected):
    """A convolution over images without shared weights; options as `LocallyConnected`.

    Input: float (batch, height, width, channels). Output: float (batch, new_height, new_width, filters).
    Source: tf_keras/src/layers/locally_connected/locally_connected2d.py.
    """

    rank = 2
    kernel_size: fields.Sizes = fields.dims(2)
    strides: fields.Sizes = fields.dims(2, default=1)
