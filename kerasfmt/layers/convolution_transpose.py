"""Transposed convolutions: Conv1DTranspose, Conv2DTranspose, Conv3DTranspose.

Inputs are (batch, *spatial, channels), or (batch, channels, *spatial) for channels_first. Outputs have `filters`
channels, and spatial sizes about `strides` times as large.

Source: tf_keras/src/layers/convolutional/conv1d_transpose.py, conv2d_transpose.py, conv3d_transpose.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from kerasfmt.graph import Function, Spec, Value, emit_one, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.ir import activations, constraints, fields, initializers, regularizers
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.convolution import COMPILED, check_dilation
from kerasfmt.nn import convolution as convolve
from kerasfmt.nn.shapes import dims_of
from kerasfmt.typing import override


class ConvTranspose(Layer, register=False):
    """Base of the transposed convolutions: the gradient of a convolution with respect to its input.

    Args:
      filters: number of output channels.
      kernel_size: size of the window along each spatial axis.
      strides: step of the window in the output.
      padding: "valid" or "same".
      output_padding: additional elements at the end of the output, fewer than the strides; None for an output
        from which a convolution would make the input.
      data_format: "channels_last" or "channels_first".
      dilation_rate: distance between the elements that a window covers; must be 1 unless strides are 1.
      activation: activation function.
      use_bias: whether a bias is added.
      groups: must be 1; Keras stores it and does not use it.
    """

    facts = KerasFacts(implied_by_keras3={"groups": (1,)})
    rank: ClassVar[int]
    config_order: ClassVar[tuple[str, ...]] = (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "groups",
        "activation",
        "use_bias",
        "kernel_initializer",
        "bias_initializer",
        "kernel_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
        "output_padding",
    )
    filters: int = fields.positive_integer()
    kernel_size: fields.Sizes = fields.option(convert=tuple)
    strides: fields.Sizes = fields.option(convert=tuple)
    padding: str = fields.choice("valid", "same", default="valid")
    output_padding: tuple[int, ...] | None = fields.option(default=None)
    data_format: fields.DataFormat = fields.data_format()
    dilation_rate: fields.Sizes = fields.option(default=(1,), convert=tuple)
    activation: activations.Option = activations.option()
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    groups: int = fields.positive_integer(default=1)
    kernel: Weight = fields.weight()
    bias: Weight = fields.weight()

    @override
    def validate(self) -> None:
        """Checks that the output padding is less than the strides, and that strides and dilation are not combined."""
        if self.groups != 1:
            raise self.fail(f"option groups: expected 1, got {self.groups}")
        check_dilation(self, self.strides, self.dilation_rate)
        pads = self.output_padding
        if pads is not None and any(p >= s for p, s in zip(pads, self.strides, strict=True)):
            raise self.fail(f"option output_padding: expected less than strides {self.strides}, got {pads}")

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        """The output padding: Keras makes a tuple of the list in a file, but still tracks the list."""
        return () if self.output_padding is None else ("output_padding",)

    @override
    def tracked_functions(self) -> Mapping[str, Sequence[Function]]:
        """The function of the base class `Conv` in Keras, which these layers never call."""
        return {COMPILED: ()}

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel (*kernel_size, filters, channels) and a bias (filters,)."""
        if inputs.shape is None or len(inputs.shape) != self.rank + 2:
            raise self.fail(f"input: expected {self.rank + 2} dimensions, got shape {inputs.shape}")
        channels = self.axis_dim(inputs, convolve.channel_axis(self.data_format, self.rank))
        self.kernel = self.add_weight("kernel", (*self.kernel_size, self.filters, channels))
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.filters,))

    @override
    def input_spec(self) -> InputSpec:
        """One batch axis, and the number of channels for which the kernel was built."""
        axis = convolve.channel_axis(self.data_format, self.rank)
        return InputSpec(ndim=self.rank + 2, axes={axis: self.kernel.shape[-1]})

    @override
    def call(self, inputs: Value) -> Value:
        batch, *dims = dims_of(inputs)
        spatial = dims[1:] if self.data_format == "channels_first" else dims[:-1]
        sizes = [
            convolve.transposed_length(n, k, self.padding, p, s, d)
            for n, k, p, s, d in zip(
                spatial,
                self.kernel_size,
                self.output_padding or (None,) * self.rank,
                self.strides,
                self.dilation_rate,
                strict=True,
            )
        ]
        outputs = self._transposed(inputs, batch, sizes)
        if self.use_bias:
            outputs = convolve.add_bias(outputs, self.bias, self.data_format)
        return self.activation(outputs)

    def _transposed(self, x: Value, batch: int | Value, sizes: list[int | Value]) -> Value:
        """The transposed convolution; `sizes` are the spatial sizes of the result."""
        raise NotImplementedError

    def _result_dims(self, batch: int | Value, sizes: list[int | Value]) -> Value | convolve.Array:
        first = self.data_format == "channels_first"
        dims = [batch, self.filters, *sizes] if first else [batch, *sizes, self.filters]
        return convolve.shape_vector(dims)


class Conv1DTranspose(ConvTranspose):
    """A transposed convolution over sequences; options as `ConvTranspose`.

    Input: float (batch, steps, channels). Output: float (batch, new_steps, filters).
    Source: tensorflow/python/ops/nn_ops.py, conv1d_transpose.
    """

    rank = 1
    kernel_size: fields.Sizes = fields.dims(1)
    strides: fields.Sizes = fields.dims(1, default=1)
    output_padding: fields.OptionalSizes = fields.dims(1, default=None, minimum=0, optional=True)
    dilation_rate: fields.Sizes = fields.dims(1, default=1)

    @override
    def _transposed(self, x: Value, batch: int | Value, sizes: list[int | Value]) -> Value:
        axis = 2 if self.data_format == "channels_first" else 1
        kernel = convolve.read(x, self.kernel, "conv1d_transpose/ExpandDims_1")
        outputs = ops.conv2d_backprop_input(
            self._result_dims(batch, [1, *sizes]),
            ops.expand_dims(kernel, 0),
            ops.expand_dims(x, axis),
            (1, *self.strides),
            self.padding.upper(),
            (1, *self.dilation_rate),
            convolve.layout(self.data_format, 1),
        )
        return ops.squeeze(outputs, axis)


class Conv2DTranspose(ConvTranspose):
    """A transposed convolution over images; options as `ConvTranspose`.

    Input: float (batch, height, width, channels). Output: float (batch, new_height, new_width, filters).
    Source: tf_keras/src/backend.py, conv2d_transpose, which computes channels_first in channels_last.
    """

    rank = 2
    kernel_size: fields.Sizes = fields.dims(2)
    strides: fields.Sizes = fields.dims(2, default=1)
    output_padding: fields.OptionalSizes = fields.dims(2, default=None, minimum=0, optional=True)
    dilation_rate: fields.Sizes = fields.dims(2, default=1)

    @override
    def validate(self) -> None:
        """Checks that the dilation is the same along both axes."""
        super().validate()
        if self.dilation_rate[0] != self.dilation_rate[1]:
            raise self.fail(f"option dilation_rate: expected two equal numbers, got {self.dilation_rate}")

    @override
    def _transposed(self, x: Value, batch: int | Value, sizes: list[int | Value]) -> Value:
        first = self.data_format == "channels_first"
        x = ops.transpose(x, [0, 2, 3, 1]) if first else x
        if self.dilation_rate[0] > 1:
            x = self._dilated(x, batch, sizes)
        else:
            dims = convolve.shape_vector([batch, *sizes, self.filters])
            kernel = convolve.read(x, self.kernel, "conv2d_transpose")
            x = ops.conv2d_backprop_input(dims, kernel, x, self.strides, self.padding.upper())
        return ops.transpose(x, [0, 3, 1, 2]) if first else x

    def _dilated(self, x: Value, batch: int | Value, sizes: list[int | Value]) -> Value:
        """The dilated transposed convolution. Source: tensorflow/python/ops/nn_ops.py, atrous_conv2d_transpose."""
        rate = self.dilation_rate[0]
        block = int32([rate, rate])
        paddings: list[list[int | Value]] = []
        crops: list[list[int | Value]] = []
        inner: list[int | Value] = []
        for size, window in zip(sizes, self.kernel_size, strict=True):
            total = (window - 1) * rate if self.padding == "same" else 0
            rest = convolve.to_multiple(size + total, rate)
            paddings.append([0, rest])
            crops.append([total // 2, rest + (total - total // 2)])
            full = size + total + rest
            inner.append(full // rate if isinstance(full, int) else ops.floor_div(full, rate))
        x = emit_one("SpaceToBatchND", x, block, convolve.pairs(paddings))
        dims = convolve.shape_vector([batch * rate**2, *inner, self.filters])
        x = ops.conv2d_backprop_input(dims, convolve.read(x, self.kernel, "conv2d_transpose"), x)
        return emit_one("BatchToSpaceND", x, block, convolve.pairs(crops))


class Conv3DTranspose(ConvTranspose):
    """A transposed convolution over volumes; options as `ConvTranspose`, but without dilation.

    Input: float (batch, depth, height, width, channels).
    Output: float (batch, new_depth, new_height, new_width, filters).
    Source: tf_keras/src/layers/convolutional/conv3d_transpose.py.
    """

    rank = 3
    kernel_size: fields.Sizes = fields.dims(3)
    strides: fields.Sizes = fields.dims(3, default=1)
    output_padding: fields.OptionalSizes = fields.dims(3, default=None, minimum=0, optional=True)
    dilation_rate: fields.Sizes = fields.dims(3, default=1, stored=False)

    @override
    def validate(self) -> None:
        """Refuses dilation: Keras 2 accepts the option but does not use it."""
        super().validate()
        if max(self.dilation_rate) > 1:
            raise self.fail(f"option dilation_rate: expected 1, got {self.dilation_rate}")

    @override
    def _transposed(self, x: Value, batch: int | Value, sizes: list[int | Value]) -> Value:
        return ops.conv3d_backprop_input(
            self._result_dims(batch, sizes),
            convolve.read(x, self.kernel, "conv3d_transpose"),
            x,
            self.strides,
            self.padding.upper(),
            data_format=convolve.layout(self.data_format, 3),
        )


Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
