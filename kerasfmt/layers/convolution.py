"""Convolutions: Conv1D, Conv2D, Conv3D.

Inputs are (batch, *spatial, channels), or (batch, channels, *spatial) for channels_first; there may be more batch axes.
Outputs have `filters` channels, and the spatial sizes that follow from window, strides and padding.

Source: tf_keras/src/layers/convolutional/base_conv.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from kerasfmt.graph import Builder, Function, Spec, Value, ops
from kerasfmt.ir import activations, constraints, fields, initializers, regularizers
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.nn import convolution as convolve
from kerasfmt.typing import override

COMPILED = "_jit_compiled_convolution_op"
"""Keras's name of the function that convolves groups; every subclass of its `Conv` has the attribute."""


class Conv(Layer, register=False):
    """Base of the convolutions, over `rank` spatial axes.

    Args:
      filters: number of output channels.
      kernel_size: size of the window along each spatial axis.
      strides: step of the window along each spatial axis.
      padding: "valid" (none), "same" (zeros, so that a stride of 1 keeps the size) or, for Conv1D, "causal"
        (zeros in front, so that no output depends on a later input).
      data_format: "channels_last" or "channels_first".
      dilation_rate: distance between the elements that a window covers; must be 1 unless strides are 1.
      groups: number of parts of the channels, each convolved separately.
      activation: activation function.
      use_bias: whether a bias is added.
    """

    rank: ClassVar[int]
    filters: int = fields.positive_integer()
    kernel_size: fields.Sizes = fields.option(convert=tuple)
    strides: fields.Sizes = fields.option(convert=tuple)
    padding: str = fields.choice("valid", "same", default="valid")
    data_format: fields.DataFormat = fields.data_format()
    dilation_rate: fields.Sizes = fields.option(default=(1,), convert=tuple)
    groups: int = fields.positive_integer(default=1)
    activation: activations.Option = activations.option()
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    kernel: Weight = fields.weight()
    bias: Weight = fields.weight()

    @override
    def validate(self) -> None:
        """Checks that groups divide filters, and that strides and dilation are not combined."""
        if self.filters % self.groups:
            raise self.fail(f"option groups: expected a divisor of filters={self.filters}, got {self.groups}")
        check_dilation(self, self.strides, self.dilation_rate)

    @property
    def channel_axis(self) -> int:
        """The channel axis of inputs and outputs, counted from the end."""
        return convolve.channel_axis(self.data_format, self.rank)

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel (*kernel_size, channels / groups, filters) and a bias (filters,)."""
        channels = self.axis_dim(inputs, self.channel_axis)
        if channels % self.groups:
            raise self.fail(
                f"option groups: expected a divisor of the {channels} input channels, got {self.groups}"
            )
        self.kernel = self.add_weight("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.filters,))

    @override
    def input_spec(self) -> InputSpec:
        """At least one batch axis, and the number of channels for which the kernel was built."""
        return InputSpec(
            min_ndim=self.rank + 2, axes={self.channel_axis: self.kernel.shape[-2] * self.groups}
        )

    @override
    def call(self, inputs: Value) -> Value:
        check_fit(self, inputs)
        reader = "Conv1D/ExpandDims_1" if self.rank == 1 else type(self).__name__
        kernel = convolve.read(inputs, self.kernel, reader if self.groups == 1 else "")
        outputs = (self._convolution if self.groups == 1 else self._compiled)(self._pad(inputs), kernel)
        if self.use_bias:
            outputs = convolve.over_batches(outputs, self.rank + 1, self._add_bias)
        return self.activation(outputs)

    def _pad(self, inputs: Value) -> Value:
        return inputs

    def _convolution(self, x: Value, kernel: Value) -> Value:
        padding = "same" if self.padding == "same" else "valid"

        def convolution(images: Value) -> Value:
            return convolve.convolution(
                images, kernel, self.strides, padding, self.dilation_rate, self.data_format
            )

        return convolve.over_batches(x, self.rank + 1, convolution)

    @override
    def tracked_functions(self) -> Mapping[str, Sequence[Function]]:
        """The compiled convolution, which Keras calls if there are groups and tracks in any case."""
        return {COMPILED: list(self._compiled_functions.values())}

    @cached_property
    def _compiled_functions(self) -> dict[tuple[Spec, Spec], Function]:
        return {}

    def _compiled(self, x: Value, kernel: Value) -> Value:
        """The convolution as a separate function that XLA compiles.

        On a CPU, TensorFlow fuses the bias and the activation into a Conv2D, and that kernel does not support groups.
        Source: tf_keras/src/layers/convolutional/base_conv.py, _jit_compiled_convolution_op.
        """
        key = (x.spec, kernel.spec)
        if key not in self._compiled_functions:
            graph = Builder(COMPILED)
            arguments = graph.input(x.spec, "inputs"), graph.input(kernel.spec, "kernel")
            self._compiled_functions[key] = graph.finish([self._convolution(*arguments)], compiled=True)
        (outputs,) = x.graph.call(self._compiled_functions[key], [x, kernel])
        return outputs

    def _add_bias(self, x: Value) -> Value:
        return convolve.add_bias(x, self.bias, self.data_format)


def check_dilation(layer: Layer, strides: tuple[int, ...], dilations: tuple[int, ...]) -> None:
    """Raises InvalidModelError if a convolution has both strides and dilation."""
    if max(strides) > 1 and max(dilations) > 1:
        raise layer.fail(
            f"option dilation_rate: expected 1 with strides {list(strides)}, got {list(dilations)}"
        )


def check_fit(layer: Any, inputs: Value) -> None:
    """Raises ValueError if the window of a convolution without padding is larger than its input."""
    if layer.padding == "valid":
        first = layer.data_format == "channels_first"
        convolve.check_window("kernel_size", layer.kernel_size, layer.dilation_rate, inputs, first)


def causal_pad(x: Value, size: int, dilation: int, data_format: str) -> Value:
    """The sequence `x` with (size - 1) * dilation zeros in front.

    Source: tf_keras/src/layers/convolutional/base_conv.py, _compute_causal_padding.
    """
    pads = [[0, 0]] * x.rank
    pads[-1 if data_format == "channels_first" else -2] = [dilation * (size - 1), 0]
    return ops.pad(x, pads)


class Conv1D(Conv):
    """A convolution over sequences; options as `Conv`.

    Input: float (batch, steps, channels). Output: float (batch, new_steps, filters).
    Source: tf_keras/src/layers/convolutional/conv1d.py.
    """

    rank = 1
    kernel_size: fields.Sizes = fields.dims(1)
    strides: fields.Sizes = fields.dims(1, default=1)
    padding: str = fields.choice("valid", "same", "causal", default="valid")
    dilation_rate: fields.Sizes = fields.dims(1, default=1)

    @override
    def _pad(self, inputs: Value) -> Value:
        if self.padding != "causal":
            return inputs
        return causal_pad(inputs, self.kernel_size[0], self.dilation_rate[0], self.data_format)

    @override
    def _add_bias(self, x: Value) -> Value:
        if self.data_format == "channels_last":
            return super()._add_bias(x)
        return x + ops.reshape(convolve.read(x, self.bias, "Reshape"), [1, self.filters, 1])


class Conv2D(Conv):
    """A convolution over images; options as `Conv`.

    Input: float (batch, height, width, channels). Output: float (batch, new_height, new_width, filters).
    Source: tf_keras/src/layers/convolutional/conv2d.py.
    """

    rank = 2
    kernel_size: fields.Sizes = fields.dims(2)
    strides: fields.Sizes = fields.dims(2, default=1)
    dilation_rate: fields.Sizes = fields.dims(2, default=1)


class Conv3D(Conv):
    """A convolution over volumes; options as `Conv`.

    Input: float (batch, depth, height, width, channels).
    Output: float (batch, new_depth, new_height, new_width, filters).
    Source: tf_keras/src/layers/convolutional/conv3d.py.
    """

    rank = 3
    kernel_size: fields.Sizes = fields.dims(3)
    strides: fields.Sizes = fields.dims(3, default=1)
    dilation_rate: fields.Sizes = fields.dims(3, default=1)


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
