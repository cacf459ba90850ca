"""Recurrent layers whose products are convolutions: ConvLSTM1D, ConvLSTM2D, ConvLSTM3D.

Source: tf_keras/src/layers/rnn/base_conv_lstm.py, base_conv_rnn.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import activations, constraints, fields, initializers, regularizers
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.structure import Structure, flatten
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.rnn.base import RNN_FACTS, SHARED_OPTIONS, CellLayer
from kerasfmt.layers.rnn.cell import RecurrentCell, Size, StateShape, StepArguments
from kerasfmt.layers.rnn.cells import UnitForgetBias
from kerasfmt.nn import convolution as convolve
from kerasfmt.nn.recurrence import Recurrence
from kerasfmt.nn.shapes import dims_of, dropout, read
from kerasfmt.typing import override

_OPTIONS = (
    "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate",
    "activation", "recurrent_activation", "use_bias",
    "kernel_initializer", "recurrent_initializer", "bias_initializer", "unit_forget_bias",
    "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer",
    "kernel_constraint", "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout",
)  # fmt: skip
"""The options of a layer, in the order of the config."""


class ConvLSTMCell(RecurrentCell, register=False):
    """One step of an LSTM on images, whose gates are convolutions; the options are those of ConvLSTM2D.

    The size of the windows says along how many axes they lie.

    Input: float (batch, *spatial, channels), and state and carry, each (batch, *spatial, filters).
    Source: tf_keras/src/layers/rnn/base_conv_lstm.py, ConvLSTMCell.
    """

    filters: int = fields.positive_integer()
    kernel_size: fields.Sizes = fields.option(convert=tuple)
    strides: fields.Sizes = fields.option(default=(1,), convert=tuple)
    padding: str = fields.choice("valid", "same", default="valid")
    data_format: fields.DataFormat = fields.data_format()
    dilation_rate: fields.Sizes = fields.option(default=(1,), convert=tuple)
    activation: activations.Option = activations.option(default="tanh")
    recurrent_activation: activations.Option = activations.option(default="hard_sigmoid")
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    recurrent_initializer: initializers.Option = initializers.option(default="orthogonal")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    unit_forget_bias: bool = True
    kernel_regularizer: regularizers.Option = regularizers.option()
    recurrent_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    recurrent_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    dropout: float = fields.fraction(default=0.0)
    recurrent_dropout: float = fields.fraction(default=0.0)
    seed: int | None = fields.integer(default=None, optional=True, stored=False, kw_only=True)
    kernel: Weight = fields.weight()
    recurrent_kernel: Weight = fields.weight()
    bias: Weight = fields.weight()

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.kernel_size)

    @property
    @override
    def state_size(self) -> tuple[int, int]:
        return self.filters, self.filters

    @override
    def random_generator(self) -> bool:
        return True

    @property
    def channel_axis(self) -> int:
        """The axis of the channels, counted from the end."""
        return convolve.channel_axis(self.data_format, self.rank)

    @override
    def build(self, inputs: Spec) -> None:
        """Makes two kernels (*kernel_size, channels or filters, 4 * filters) and a bias (4 * filters,)."""
        channels, width = self.axis_dim(inputs, self.channel_axis), 4 * self.filters
        self.kernel = self.add_weight("kernel", (*self.kernel_size, channels, width))
        self.recurrent_kernel = self.add_weight(
            "recurrent_kernel", (*self.kernel_size, self.filters, width), options="recurrent"
        )
        if self.use_bias:
            first = self.bias_initializer
            initializer = UnitForgetBias(first) if self.unit_forget_bias else first
            self.bias = self.add_weight("bias", (width,), initializer=initializer)

    def zero_state(self, images: Value) -> Value:
        """A state of zeros for images like these."""
        zeros = ops.zeros_like(images)
        kernel = ops.getitem(ops.zeros_like(read(zeros, self.kernel)), (..., slice(self.filters)))
        return self._input_convolution(zeros, kernel)

    def _input_convolution(self, x: Value, kernel: Value) -> Value:
        return convolve.convolution(
            x, kernel, self.strides, self.padding, self.dilation_rate, self.data_format
        )

    def _state_convolution(self, state: Value, kernel: Value) -> Value:
        ones = (1,) * self.rank
        return convolve.convolution(state, kernel, ones, "same", ones, self.data_format)

    @override
    def masks(self, inputs: Value, batch: Size, training: bool) -> list[Value]:
        if not training:
            return []
        found = []
        for rate, like in ((self.dropout, inputs), (self.recurrent_dropout, None)):
            if rate:
                ones = ops.ones_like(self.zero_state(inputs) if like is None else like)
                found += [dropout(ones, rate, None, self.seed) for _ in range(4)]
        return found

    @override
    def step(self, inputs: Value, states: Structure, arguments: StepArguments) -> tuple[Value, list[Value]]:
        state, carry = flatten(states)
        of_inputs = arguments.masks[:4] if self.dropout else ()
        of_state = arguments.masks[len(of_inputs) :]
        xs = _gates(inputs, read(inputs, self.kernel), of_inputs, self._input_convolution, self.channel_axis)
        if self.use_bias:
            biases = ops.split(read(inputs, self.bias), 4)
            data_format = convolve.layout(self.data_format, self.rank)
            xs = [self._add_bias(x, b, data_format) for x, b in zip(xs, biases, strict=True)]
        hs = _gates(
            state, read(state, self.recurrent_kernel), of_state, self._state_convolution, self.channel_axis
        )
        into, forget, new, out = (x + h for x, h in zip(xs, hs, strict=True))
        activation = self.recurrent_activation
        carry = activation(forget) * carry + activation(into) * self.activation(new)
        outputs = activation(out) * self.activation(carry)
        return outputs, [outputs, carry]

    def _add_bias(self, x: Value, bias: Value, data_format: str) -> Value:
        if self.data_format == "channels_last":
            return ops.bias_add(x, bias)
        return x + ops.reshape(bias, [1, self.filters, *(1,) * self.rank])

    @override
    def call(self, inputs: Value, states: Any, training: bool = False, *, call_context: CallContext) -> Any:
        masks = self.masks(inputs, dims_of(inputs)[0], training)
        return self.step(inputs, states, StepArguments(masks, None, training, call_context))


def _gates(
    x: Value, kernel: Value, masks: Sequence[Value], function: Any, channel_axis: int
) -> Sequence[Value]:
    """The convolutions of the four gates; each has a mask of its own, or none has one."""
    if not masks:
        return ops.split(function(x, kernel), 4, x.rank + channel_axis)
    kernels = ops.split(kernel, 4, kernel.rank - 1)
    return [function(x * mask, part) for mask, part in zip(masks, kernels, strict=True)]


class ConvLSTM(CellLayer, register=False):
    """Base of the layers that run a ConvLSTMCell over the steps of sequences, over `rank` spatial axes.

    Args:
      filters: number of channels of the outputs and the states.
      kernel_size: size of the window along each spatial axis.
      strides: step of the window along each spatial axis.
      padding: "valid" (none) or "same" (zeros, so that a stride of 1 keeps the size).
      data_format: "channels_last" or "channels_first".
      dilation_rate: distance between the elements that a window covers; must be 1 unless strides are 1.
      activation: activation of what is added to the carry, and of the carry that goes out.
      recurrent_activation: activation of the gates.
      use_bias: whether biases are added.
      unit_forget_bias: whether the bias of the forget gate begins with ones.
      return_sequences: whether the outputs of all steps are given, instead of those of the last step.
      return_state: whether state and carry after the last step are given too.
      go_backwards: whether the last step comes first.
      stateful: whether state and carry are kept for the next call; needs inputs of a known shape.
      dropout: share of the inputs that are dropped while training.
      recurrent_dropout: share of the state that is dropped while training.
      unroll: Keras has no unrolled layer of this kind.
      time_major: Keras has no layer of this kind for time-major sequences.
      zero_output_for_mask: part of the config; the output of a masked step is that of the step before in any case.
      seed: makes the dropout repeatable; not part of the config.

    Input: float (batch, steps, *spatial, channels). Output: (batch, *spatial, filters), or one for each step.
    Source: tf_keras/src/layers/rnn/base_conv_lstm.py, ConvLSTM.
    """

    facts = replace(RNN_FACTS, build_calls_base=False)
    cell_class = ConvLSTMCell
    rank: ClassVar[int]

    if TYPE_CHECKING:  # Every subclass has these options.

        @property
        def strides(self) -> tuple[int, ...]:
            """Step of the window along each spatial axis."""

        @property
        def dilation_rate(self) -> tuple[int, ...]:
            """Distance between the elements of a window."""

    @override
    def validate(self) -> None:
        """Refuses what Keras has not got; makes the cell."""
        for option in ("unroll", "time_major"):
            if self.held(option):
                raise self.fail(f"option {option}: expected False, as Keras has no such convolutional layer")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise self.fail(
                f"option dilation_rate: expected 1 with strides {list(self.strides)}, got "
                f"{list(self.dilation_rate)}"
            )
        super().validate()

    @property
    def conv_cell(self) -> ConvLSTMCell:
        """The cell."""
        assert isinstance(self.cell, ConvLSTMCell)
        return self.cell

    @property
    @override
    def cell_scope(self) -> str:
        return self.name_scope

    @property
    @override
    def unbuilt_input_spec(self) -> list[InputSpec]:
        return [InputSpec(ndim=self.rank + 3)]

    @property
    @override
    def recurrence(self) -> Recurrence:
        return Recurrence(self.go_backwards, return_all_outputs=self.return_sequences)

    @override
    def zero_states(self, sequence: Value) -> Structure:
        images = ops.reduce_sum(ops.zeros_like(sequence), 1)
        state = self.conv_cell.zero_state(images)
        return [state, state]

    @override
    def state_dims(self, size: int | StateShape) -> tuple[int, ...]:
        cell, shape = self.conv_cell, self._input_spec.shape
        first = cell.data_format == "channels_first"
        spatial = shape[3:] if first else shape[2:-1]
        windows = zip(spatial, cell.kernel_size, cell.strides, cell.dilation_rate, strict=True)
        sizes = [convolve.out_length(n, size, cell.padding, step, apart) for n, size, step, apart in windows]
        if None in sizes:
            raise self.fail(f"option stateful: expected inputs of a known shape, got {shape}")
        known = [n for n in sizes if n is not None]
        return (cell.filters, *known) if first else (*known, cell.filters)


class ConvLSTM1D(ConvLSTM):
    """An LSTM over steps that are sequences; options as `ConvLSTM`.

    Input: float (batch, steps, length, channels).
    Source: tf_keras/src/layers/rnn/conv_lstm1d.py.
    """

    rank = 1
    config_order = (*SHARED_OPTIONS, *_OPTIONS)
    filters: int = fields.positive_integer()
    kernel_size: fields.Sizes = fields.dims(1)
    strides: fields.Sizes = fields.dims(1, default=1)
    padding: str = fields.choice("valid", "same", default="valid")
    data_format: fields.DataFormat = fields.data_format()
    dilation_rate: fields.Sizes = fields.dims(1, default=1)
    activation: activations.Option = activations.option(default="tanh")
    recurrent_activation: activations.Option = activations.option(default="hard_sigmoid")
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    recurrent_initializer: initializers.Option = initializers.option(default="orthogonal")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    unit_forget_bias: bool = True
    kernel_regularizer: regularizers.Option = regularizers.option()
    recurrent_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    recurrent_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    dropout: float = fields.fraction(default=0.0)
    recurrent_dropout: float = fields.fraction(default=0.0)
    unroll: bool = fields.boolean(default=False, kw_only=True)
    time_major: bool = fields.boolean(default=False, kw_only=True)
    zero_output_for_mask: bool = fields.boolean(default=False, implied=True, kw_only=True)
    seed: int | None = fields.integer(default=None, optional=True, stored=False, kw_only=True)


class ConvLSTM2D(ConvLSTM):
    """An LSTM over steps that are images; options as `ConvLSTM`.

    Input: float (batch, steps, height, width, channels).
    Source: tf_keras/src/layers/rnn/conv_lstm2d.py.
    """

    rank = 2
    config_order = (*SHARED_OPTIONS, *_OPTIONS)
    filters: int = fields.positive_integer()
    kernel_size: fields.Sizes = fields.dims(2)
    strides: fields.Sizes = fields.dims(2, default=1)
    padding: str = fields.choice("valid", "same", default="valid")
    data_format: fields.DataFormat = fields.data_format()
    dilation_rate: fields.Sizes = fields.dims(2, default=1)
    activation: activations.Option = activations.option(default="tanh")
    recurrent_activation: activations.Option = activations.option(default="hard_sigmoid")
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    recurrent_initializer: initializers.Option = initializers.option(default="orthogonal")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    unit_forget_bias: bool = True
    kernel_regularizer: regularizers.Option = regularizers.option()
    recurrent_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    recurrent_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    dropout: float = fields.fraction(default=0.0)
    recurrent_dropout: float = fields.fraction(default=0.0)
    unroll: bool = fields.boolean(default=False, kw_only=True)
    time_major: bool = fields.boolean(default=False, kw_only=True)
    zero_output_for_mask: bool = fields.boolean(default=False, implied=True, kw_only=True)
    seed: int | None = fields.integer(default=None, optional=True, stored=False, kw_only=True)


class ConvLSTM3D(ConvLSTM):
    """An LSTM over steps that are volumes; options as `ConvLSTM`.

    Input: float (batch, steps, depth, height, width, channels).
    Source: tf_keras/src/layers/rnn/conv_lstm3d.py.
    """

    rank = 3
    config_order = (*SHARED_OPTIONS, *_OPTIONS)
    filters: int = fields.positive_integer()
    kernel_size: fields.Sizes = fields.dims(3)
    strides: fields.Sizes = fields.dims(3, default=1)
    padding: str = fields.choice("valid", "same", default="valid")
    data_format: fields.DataFormat = fields.data_format()
    dilation_rate: fields.Sizes = fields.dims(3, default=1)
    activation: activations.Option = activations.option(default="tanh")
    recurrent_activation: activations.Option = activations.option(default="hard_sigmoid")
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    recurrent_initializer: initializers.Option = initializers.option(default="orthogonal")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    unit_forget_bias: bool = True
    kernel_regularizer: regularizers.Option = regularizers.option()
    recurrent_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    activity_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    recurrent_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    dropout: float = fields.fraction(default=0.0)
    recurrent_dropout: float = fields.fraction(default=0.0)
    unroll: bool = fields.boolean(default=False, kw_only=True)
    time_major: bool = fields.boolean(default=False, kw_only=True)
    zero_output_for_mask: bool = fields.boolean(default=False, implied=True, kw_only=True)
    seed: int | None = fields.integer(default=None, optional=True, stored=False, kw_only=True)
