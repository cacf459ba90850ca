"""The cells SimpleRNNCell, LSTMCell and GRUCell: one step of the layers of these names.

Source: tf_keras/src/layers/rnn/simple_rnn.py, lstm.py, gru.py, dropout_rnn_cell_mixin.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.graph import Spec, Value, Variable, ops
from kerasfmt.ir import activations, constraints, fields, initializers, regularizers
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.initializers import Array, Initializer, Rng
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.structure import Structure, flatten
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.rnn.cell import RecurrentCell, Size, StepArguments, dropout_masks
from kerasfmt.nn.shapes import dims_of, read
from kerasfmt.typing import override


class GatedCell(RecurrentCell, register=False):
    """Base of the cells that are linear maps of inputs and state, with dropout of both.

    The kernels of the gates stand side by side in one weight.
    """

    gates: ClassVar[int] = 1
    kernel: Weight = fields.weight()
    recurrent_kernel: Weight = fields.weight()
    bias: Weight = fields.weight()

    if TYPE_CHECKING:  # Every subclass has these options, in an order of its own.

        @property
        def units(self) -> int:
            """The size of a state."""

        @property
        def use_bias(self) -> bool:
            """Whether biases are added."""

        @property
        def dropout(self) -> float:
            """The share of the inputs that are dropped."""

        @property
        def recurrent_dropout(self) -> float:
            """The share of the state that is dropped."""

        @property
        def seed(self) -> int | None:
            """What makes the dropout repeatable."""

    @property
    @override
    def state_size(self) -> Structure:
        return self.units

    @property
    @override
    def output_size(self) -> int:
        return self.units

    @override
    def random_generator(self) -> bool:
        return True

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """The shape of the bias."""
        return (self.gates * self.units,)

    @property
    def first_bias(self) -> Initializer:
        """What makes the first bias."""
        made: Initializer = vars(self)["bias_initializer"]
        return made

    @property
    def dropped_apart(self) -> bool:
        """Whether each gate drops inputs and states of its own."""
        return False

    @override
    def build(self, inputs: Spec) -> None:
        """Makes a kernel (features, gates * units), a recurrent kernel (units, gates * units) and a bias."""
        width = self.gates * self.units
        self.kernel = self.add_weight("kernel", (self.last_dim(inputs), width))
        self.recurrent_kernel = self.add_weight("recurrent_kernel", (self.units, width), options="recurrent")
        if self.use_bias:
            self.bias = self.add_weight("bias", self.bias_shape, initializer=self.first_bias)

    @override
    def masks(self, inputs: Value, batch: Size, training: bool) -> list[Value]:
        if not training:
            return []
        features = self.kernel.shape[0]
        count = self.gates if self.dropped_apart else 1
        of_inputs = dropout_masks(inputs, batch, features, self.dropout, count, self.seed)
        return of_inputs + dropout_masks(inputs, batch, self.units, self.recurrent_dropout, count, self.seed)

    def dropped(self, inputs: Value, state: Value, masks: Sequence[Value]) -> tuple[list[Value], list[Value]]:
        """Inputs and state as each gate gets them, or as all gates get them."""
        count = self.gates if self.dropped_apart else 1
        of_inputs = masks[:count] if self.dropout else ()
        of_state = masks[len(of_inputs) :]
        return _times(inputs, of_inputs), _times(state, of_state)

    @override
    def call(self, inputs: Value, states: Any, training: bool = False, *, call_context: CallContext) -> Any:
        masks = self.masks(inputs, dims_of(inputs)[0], training)
        return self.step(inputs, states, StepArguments(masks, None, training, call_context))


def _times(x: Value, masks: Sequence[Value]) -> list[Value]:
    return [x * mask for mask in masks] or [x]


def _columns(kernel: Variable, beside: Value, parts: int) -> Sequence[Value]:
    """A weight in equal parts along its last axis."""
    return ops.split(read(beside, kernel), parts, len(kernel.shape) - 1)


class SimpleRNNCell(GatedCell):
    """`activation(inputs @ kernel + bias + state @ recurrent_kernel)`, which is the next state too.

    Args:
      units: size of the state.
      activation: activation function.
      use_bias: whether a bias is added.
      dropout: share of the inputs that are dropped while training.
      recurrent_dropout: share of the state that is dropped while training.
      seed: makes the dropout repeatable; not part of the config.

    Input: float (batch, features), and a state (batch, units). Output: (batch, units), and the next state.
    Source: tf_keras/src/layers/rnn/simple_rnn.py.
    """

    units: int = fields.positive_integer()
    activation: activations.Option = activations.option(default="tanh")
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    recurrent_initializer: initializers.Option = initializers.option(default="orthogonal")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    recurrent_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    recurrent_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    dropout: float = fields.fraction(default=0.0)
    recurrent_dropout: float = fields.fraction(default=0.0)
    seed: int | None = fields.integer(default=None, optional=True, stored=False, kw_only=True)

    @override
    def step(self, inputs: Value, states: Structure, arguments: StepArguments) -> tuple[Value, list[Value]]:
        (x,), (state,) = self.dropped(inputs, flatten(states)[0], arguments.masks)
        outputs = ops.matmul(x, self.kernel)
        if self.use_bias:
            outputs = ops.bias_add(outputs, self.bias)
        outputs = self.activation(outputs + ops.matmul(state, self.recurrent_kernel))
        return outputs, [outputs]


class UnitForgetBias(Initializer):
    """Ones for the second of four gates; the others as another initializer makes them."""

    others: initializers.Option = initializers.option(default="zeros")

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        (size,) = shape
        units = size // 4
        first, last = self.others((units,), dtype, rng), self.others((2 * units,), dtype, rng)
        return np.concatenate([first, np.ones(units, dtype.numpy), last])


class LSTMCell(GatedCell):
    """One step of an LSTM: gates decide what of the carry is kept, what is added to it, and what goes out.

    Args:
      units: size of the state and of the carry.
      activation: activation of what is added to the carry, and of the carry that goes out.
      recurrent_activation: activation of the gates.
      use_bias: whether biases are added.
      unit_forget_bias: whether the bias of the forget gate begins with ones.
      dropout: share of the inputs that are dropped while training.
      recurrent_dropout: share of the state that is dropped while training.
      implementation: 1 for a product per gate, 2 for one product; with recurrent dropout it is 1.
      seed: makes the dropout repeatable; not part of the config.

    Input: float (batch, features), and state and carry, each (batch, units). Output: (batch, units), and the next two.
    Source: tf_keras/src/layers/rnn/lstm.py, LSTMCell.
    """

    facts = KerasFacts(tracked_lists=("state_size",))
    gates = 4
    units: int = fields.positive_integer()
    activation: activations.Option = activations.option(default="tanh")
    recurrent_activation: activations.Option = activations.option(default="sigmoid")
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
    implementation: int = fields.choice(0, 1, 2, default=2)
    seed: int | None = fields.integer(default=None, optional=True, stored=False, kw_only=True)

    @override
    def validate(self) -> None:
        """Recurrent dropout drops states for each gate."""
        if self.recurrent_dropout:
            self.implementation = 1

    @property
    @override
    def state_size(self) -> list[int]:
        return [self.units, self.units]

    @property
    @override
    def first_bias(self) -> Initializer:
        return UnitForgetBias(self.bias_initializer) if self.unit_forget_bias else self.bias_initializer

    @property
    @override
    def dropped_apart(self) -> bool:
        return self.implementation == 1

    @override
    def step(self, inputs: Value, states: Structure, arguments: StepArguments) -> tuple[Value, list[Value]]:
        state, carry = flatten(states)
        xs, hs = self.dropped(inputs, state, arguments.masks)
        into, forget, new, out = self._gates(xs, hs)
        activation = self.recurrent_activation
        carry = activation(forget) * carry + activation(into) * self.activation(new)
        outputs = activation(out) * self.activation(carry)
        return outputs, [outputs, carry]

    def _gates(self, xs: Sequence[Value], hs: Sequence[Value]) -> Sequence[Value]:
        """The four gates before their activations."""
        if len(xs) == len(hs) == 1:
            gates = ops.matmul(xs[0], self.kernel) + ops.matmul(hs[0], self.recurrent_kernel)
            return ops.split(ops.bias_add(gates, self.bias) if self.use_bias else gates, 4, 1)
        found = _products(xs, _columns(self.kernel, xs[0], 4))
        if self.use_bias:
            found = [ops.bias_add(x, b) for x, b in zip(found, _columns(self.bias, xs[0], 4), strict=True)]
        recurrent = _products(hs, _columns(self.recurrent_kernel, hs[0], 4))
        return [x + h for x, h in zip(found, recurrent, strict=True)]


def _products(values: Sequence[Value], kernels: Sequence[Value]) -> list[Value]:
    """The product of each kernel with its own value, or with the only value."""
    wide = values if len(values) > 1 else list(values) * len(kernels)
    return [ops.matmul(x, kernel) for x, kernel in zip(wide, kernels, strict=True)]


class GRUCell(GatedCell):
    """One step of a GRU: a mix of the state and of a candidate, which a reset gate lets see less of the state.

    Args:
      units: size of the state.
      activation: activation of the candidate.
      recurrent_activation: activation of the gates.
      use_bias: whether biases are added.
      dropout: share of the inputs that are dropped while training.
      recurrent_dropout: share of the state that is dropped while training.
      reset_after: whether the reset gate works after the product of state and kernel, as in cuDNN; inputs and state
        have biases of their own then.
      implementation: 1 for a product per gate, 2 for one product; with recurrent dropout it is 1.
      seed: makes the dropout repeatable; not part of the config.

    Input: float (batch, features), and a state (batch, units). Output: (batch, units), and the next state.
    Source: tf_keras/src/layers/rnn/gru.py, GRUCell.
    """

    gates = 3
    config_order = ("implementation", "reset_after")
    units: int = fields.positive_integer()
    activation: activations.Option = activations.option(default="tanh")
    recurrent_activation: activations.Option = activations.option(default="sigmoid")
    use_bias: bool = True
    kernel_initializer: initializers.Option = initializers.option(default="glorot_uniform")
    recurrent_initializer: initializers.Option = initializers.option(default="orthogonal")
    bias_initializer: initializers.Option = initializers.option(default="zeros")
    kernel_regularizer: regularizers.Option = regularizers.option()
    recurrent_regularizer: regularizers.Option = regularizers.option()
    bias_regularizer: regularizers.Option = regularizers.option()
    kernel_constraint: constraints.Option = constraints.option()
    recurrent_constraint: constraints.Option = constraints.option()
    bias_constraint: constraints.Option = constraints.option()
    dropout: float = fields.fraction(default=0.0)
    recurrent_dropout: float = fields.fraction(default=0.0)
    reset_after: bool = True
    implementation: int = fields.choice(0, 1, 2, default=2)
    seed: int | None = fields.integer(default=None, optional=True, stored=False, kw_only=True)

    @override
    def validate(self) -> None:
        """Recurrent dropout drops states for each gate."""
        if self.recurrent_dropout:
            self.implementation = 1

    @property
    @override
    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    @override
    def dropped_apart(self) -> bool:
        return self.implementation == 1

    @override
    def step(self, inputs: Value, states: Structure, arguments: StepArguments) -> tuple[Value, list[Value]]:
        state = flatten(states)[0]
        xs, hs = self.dropped(inputs, state, arguments.masks)
        of_inputs, of_state = self._biases(inputs)
        x_update, x_reset, x_new = _gates(xs, self.kernel, 3, of_inputs)
        if self.reset_after:
            h_update, h_reset, h_new = _gates(hs, self.recurrent_kernel, 3, of_state)
            update, reset = (self.recurrent_activation(v) for v in (x_update + h_update, x_reset + h_reset))
            recurrent = reset * h_new
        else:
            kernel = read(state, self.recurrent_kernel)
            before, last = ops.split(kernel, [2 * self.units, self.units], 1)
            h_update, h_reset = _gates(hs[:2], before, 2, None)
            update, reset = (self.recurrent_activation(v) for v in (x_update + h_update, x_reset + h_reset))
            recurrent = ops.matmul(reset * hs[-1], last)
        new = self.activation(x_new + recurrent)
        outputs = update * state + (1.0 - update) * new
        return outputs, [outputs]

    def _biases(self, beside: Value) -> Sequence[Value | None]:
        if not self.use_bias:
            return None, None
        bias = read(beside, self.bias)
        return ops.unpack(bias) if self.reset_after else (bias, None)


def _gates(
    values: Sequence[Value], kernel: Variable | Value, count: int, bias: Value | None
) -> Sequence[Value]:
    """The products of values and of the parts of a kernel, with their parts of the bias."""
    if len(values) == 1:
        product = ops.matmul(values[0], kernel)
        return ops.split(product if bias is None else ops.bias_add(product, bias), count, 1)
    whole = read(values[0], kernel) if isinstance(kernel, Variable) else kernel
    found = _products(values, ops.split(whole, count, 1))
    if bias is None:
        return found
    return [ops.bias_add(x, b) for x, b in zip(found, ops.split(bias, count), strict=True)]
