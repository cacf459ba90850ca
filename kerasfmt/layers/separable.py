"""Depthwise convolutions, of each channel separately, and separable ones, which then mix the channels.

Inputs are (batch, *spatial, channels), or (batch, channels, *spatial) for channels_first.

Source: tf_keras/src/layers/convolutional/base_depthwise_conv.py and base_separable_conv.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from kerasfmt.graph import Function, Spec, Value, ops
from kerasfmt.ir import activations, constraints, fields, initializers, regularizers
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.convolution import COMPILED, causal_pad, check_dilation, check_fit
from kerasfmt.nn import convolution as convolve
from kerasfmt.typing import override


class DepthwiseConv(Layer, register=False):
    """Base of the depthwise convolutions, of each channel separately.

    Args:
      kernel_size: size of the window along each spatial axis.
      strides: step of the window; the same along all axes.
      padding: "valid" or "same".
      depth_multiplier: number of output channels per input channel.
      data_format: "channels_last" or "channels_first".
      dilation_rate: distance between the elements that a window covers; must be 1 unless strides are 1.
      activation: activation function.
      use_bias: whether a bias is added.
      groups: must be 1; Keras stores it and does not use it.
    """

    facts = KerasFacts(implied_by_keras3={"groups": (1,)})
    rank: ClassVar[int]
    config_order = (
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "groups",
        "activation",
        "use_bias",
        "bias_initializer",
        "bias_regularizer",
        "activity_regularizer",
        "bias_constraint",
        "depth_multiplier",
        "depthwise_initializer",
        "depthwise_regularizer",
        "depthwise_constraint",
    )
    kernel_size: fields.Sizes = fields.option(convert=tuple)
    strides: fields.Sizes = fields.option(convert=tuple)
    padding: str = fields.choice("valid", "same", default="valid")
    depth_multiplier: int = fields.positive_integer(default=1)
    data_format: fields.DataFormat = fields.data_format()
    dilation_rate: fields.Sizes = fields.option(default=(1,), convert=tuple)
    activation: activations.Option = activations.option()
    use_bias: bool = True
    depthwise_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    depthwise_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    depthwise_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    groups: int = fields.positive_integer(default=1)
    depthwise_kernel: Weight = fields.weight()
    bias: Weight = fields.weight()

    @override
    def validate(self) -> None:
        """Checks that strides and dilation are not combined."""
        check_dilation(self, self.strides, self.dilation_rate)

    @override
    def tracked_functions(self) -> Mapping[str, Sequence[Function]]:
        """What Keras inherits and never calls."""
        return {COMPILED: ()}

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel (*kernel_size, channels, depth_multiplier) and a bias (channels * depth_multiplier,)."""
        if inputs.shape is None or len(inputs.shape) != self.rank + 2:
            raise self.fail(f"input: expected {self.rank + 2} dimensions, got shape {inputs.shape}")
        channels = self.axis_dim(inputs, convolve.channel_axis(self.data_format, self.rank))
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier), options="depthwise"
        )
        if self.use_bias:
            self.bias = self.add_weight("bias", (channels * self.depth_multiplier,))

    @override
    def input_spec(self) -> InputSpec:
        """The number of channels for which the kernel was built."""
        axis = convolve.channel_axis(self.data_format, self.rank)
        return InputSpec(min_ndim=self.rank + 2, axes={axis: self.depthwise_kernel.shape[-2]})


class DepthwiseConv1D(DepthwiseConv):
    """A convolution of each channel of sequences; options as `DepthwiseConv`.

    Input: float (batch, steps, channels). Output: float (batch, new_steps, channels * depth_multiplier).
    Source: tf_keras/src/layers/convolutional/depthwise_conv1d.py.
    """

    rank = 1
    kernel_size: fields.Sizes = fields.dims(1)
    strides: fields.Sizes = fields.dims(1, default=1)
    dilation_rate: fields.Sizes = fields.dims(1, default=1)

    @override
    def call(self, inputs: Value) -> Value:
        check_fit(self, inputs)
        axis = 2 if self.data_format == "channels_first" else 1
        outputs = convolve.depthwise(
            ops.expand_dims(inputs, axis),
            ops.expand_dims(convolve.read(inputs, self.depthwise_kernel, "ExpandDims_1"), 0),
            self.strides * 2,
            self.padding,
            (1, *self.dilation_rate),
            self.data_format,
        )
        if self.use_bias:
            outputs = convolve.add_bias(outputs, self.bias, self.data_format)
        return self.activation(ops.squeeze(outputs, axis))


class DepthwiseConv2D(DepthwiseConv):
    """A convolution of each channel of images; options as `DepthwiseConv`.

    Input: float (batch, height, width, channels).
    Output: float (batch, new_height, new_width, channels * depth_multiplier).
    Source: tf_keras/src/layers/convolutional/depthwise_conv2d.py.
    """

    rank = 2
    kernel_size: fields.Sizes = fields.dims(2)
    strides: fields.Sizes = fields.dims(2, default=1)
    dilation_rate: fields.Sizes = fields.dims(2, default=1)

    @override
    def call(self, inputs: Value) -> Value:
        """The outputs; Keras transposes channels_first to channels_last (backend.py, depthwise_conv2d)."""
        check_fit(self, inputs)
        first = self.data_format == "channels_first"
        outputs = convolve.depthwise(
            ops.transpose(inputs, [0, 2, 3, 1]) if first else inputs,
            convolve.read(inputs, self.depthwise_kernel, "depthwise"),
            self.strides,
            self.padding,
            self.dilation_rate,
            "channels_last",
        )
        if first:
            outputs = ops.transpose(outputs, [0, 3, 1, 2])
        if self.use_bias:
            outputs = convolve.add_bias(outputs, self.bias, self.data_format)
        return self.activation(outputs)


class SeparableConv(Layer, register=False):
    """Base of the separable convolutions: of each channel separately, then a mix of the channels.

    Args:
      filters: number of output channels.
      kernel_size: size of the window along each spatial axis.
      strides: step of the window; the same along all axes.
      padding: "valid", "same" or, for SeparableConv1D, "causal".
      data_format: "channels_last" or "channels_first".
      dilation_rate: distance between the elements that a window covers; must be 1 unless strides are 1.
      depth_multiplier: number of channels between the two convolutions, per input channel.
      activation: activation function.
      use_bias: whether a bias is added.
      groups: not used, only stored, as in Keras; so are `kernel_initializer`, `kernel_regularizer` and
        `kernel_constraint`.
    """

    facts = KerasFacts(
        implied_by_keras3={
            "groups": (1,),
            "kernel_initializer": ANY_VALUE,
            "kernel_regularizer": (None,),
            "kernel_constraint": (None,),
        }
    )
    rank: ClassVar[int]
    config_order = (
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
        "depth_multiplier",
        "depthwise_initializer",
        "pointwise_initializer",
        "depthwise_regularizer",
        "pointwise_regularizer",
        "depthwise_constraint",
        "pointwise_constraint",
    )
    filters: int = fields.positive_integer()
    kernel_size: fields.Sizes = fields.option(convert=tuple)
    strides: fields.Sizes = fields.option(convert=tuple)
    padding: str = fields.choice("valid", "same", default="valid")
    data_format: fields.DataFormat = fields.data_format()
    dilation_rate: fields.Sizes = fields.option(default=(1,), convert=tuple)
    depth_multiplier: int = fields.positive_integer(default=1)
    activation: activations.Option = activations.option()
    use_bias: bool = True
    depthwise_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    pointwise_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    depthwise_regularizer: regularizers.Option = regularizers.option()
    pointwise_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    depthwise_constraint: constraints.Option = constraints.option()
    pointwise_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    groups: int = fields.positive_integer(default=1)
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    kernel_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    depthwise_kernel: Weight = fields.weight()
    pointwise_kernel: Weight = fields.weight()
    bias: Weight = fields.weight()

    @override
    def validate(self) -> None:
        """Checks that groups divide filters, and that strides and dilation are not combined."""
        if self.filters % self.groups:
            raise self.fail(f"option groups: expected a divisor of filters={self.filters}, got {self.groups}")
        check_dilation(self, self.strides, self.dilation_rate)

    @override
    def tracked_functions(self) -> Mapping[str, Sequence[Function]]:
        """What Keras inherits and never calls."""
        return {COMPILED: ()}

    @override
    def build(self, inputs: Spec) -> None:
        """Makes kernels (*kernel_size, channels, m) and (1.., channels * m, filters), and a bias (filters,)."""
        channels = self.axis_dim(inputs, convolve.channel_axis(self.data_format, self.rank))
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier), options="depthwise"
        )
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            (*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            options="pointwise",
        )
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.filters,))

    @override
    def input_spec(self) -> InputSpec:
        """One batch axis, and the number of channels for which the kernels were built."""
        axis = convolve.channel_axis(self.data_format, self.rank)
        return InputSpec(ndim=self.rank + 2, axes={axis: self.depthwise_kernel.shape[-2]})

    def _separable(
        self, x: Value, kernels: tuple[Value, Value], strides: tuple[int, ...], dilations: tuple[int, ...]
    ) -> Value:
        """The two convolutions of images, and the bias. Source: tensorflow/python/ops/nn_impl.py, separable_conv2d."""
        padding = "same" if self.padding == "same" else "valid"
        x = convolve.depthwise(x, kernels[0], strides, padding, dilations, self.data_format)
        x = convolve.convolution(x, kernels[1], (1, 1), "valid", (1, 1), self.data_format)
        return convolve.add_bias(x, self.bias, self.data_format) if self.use_bias else x


class SeparableConv1D(SeparableConv):
    """A separable convolution over sequences; options as `SeparableConv`.

    Input: float (batch, steps, channels). Output: float (batch, new_steps, filters).
    Source: tf_keras/src/layers/convolutional/separable_conv1d.py.
    """

    rank = 1
    kernel_size: fields.Sizes = fields.dims(1)
    strides: fields.Sizes = fields.dims(1, default=1)
    padding: str = fields.choice("valid", "same", "causal", default="valid")
    dilation_rate: fields.Sizes = fields.dims(1, default=1)

    @override
    def call(self, inputs: Value) -> Value:
        check_fit(self, inputs)
        if self.padding == "causal":
            inputs = causal_pad(inputs, self.kernel_size[0], self.dilation_rate[0], self.data_format)
        axis = 2 if self.data_format == "channels_first" else 1
        kernels = (
            ops.expand_dims(convolve.read(inputs, self.depthwise_kernel, "ExpandDims_1"), 0),
            ops.expand_dims(convolve.read(inputs, self.pointwise_kernel, "ExpandDims_2"), 0),
        )
        outputs = self._separable(
            ops.expand_dims(inputs, axis), kernels, self.strides * 2, (1, *self.dilation_rate)
        )
        return self.activation(ops.squeeze(outputs, axis))


class SeparableConv2D(SeparableConv):
    """A separable convolution over images; options as `SeparableConv`.

    Input: float (batch, height, width, channels). Output: float (batch, new_height, new_width, filters).
    Source: tf_keras/src/layers/convolutional/separable_conv2d.py.
    """

    rank = 2
    kernel_size: fields.Sizes = fields.dims(2)
    strides: fields.Sizes = fields.dims(2, default=1)
    dilation_rate: fields.Sizes = fields.dims(2, default=1)

    @override
    def call(self, inputs: Value) -> Value:
        check_fit(self, inputs)
        kernels = (
            convolve.read(inputs, self.depthwise_kernel, "separable_conv2d"),
            convolve.read(inputs, self.pointwise_kernel, "separable_conv2d"),
        )
        return self.activation(self._separable(inputs, kernels, self.strides, self.dilation_rate))


SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
