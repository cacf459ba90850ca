"""What LSTM and GRU have in common: they run a loop of their own, which TensorFlow may replace by cuDNN.

Source: tf_keras/src/layers/rnn/lstm.py, gru.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from kerasfmt.graph import Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.activations import Activation
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure, flatten, pack_as
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.rnn.base import CellLayer
from kerasfmt.layers.rnn.cells import GatedCell
from kerasfmt.nn import fused_rnn
from kerasfmt.nn.shapes import dropout
from kerasfmt.typing import override


class FusedLayer(CellLayer, register=False):
    """Base of the layers that cuDNN has.

    With the options of cuDNN, the layer runs a function of all steps. With others, it runs its cell step by step.

    Attributes:
      fused: the functions of all steps.
    """

    fused: ClassVar[fused_rnn.FusedCell]
    cell: GatedCell = fields.state()

    if TYPE_CHECKING:  # Every subclass has these options, in an order of its own.

        @property
        def activation(self) -> Activation:
            """The activation of the candidate."""

        @property
        def recurrent_activation(self) -> Activation:
            """The activation of the gates."""

        @property
        def use_bias(self) -> bool:
            """Whether there are biases."""

        @property
        def dropout(self) -> float:
            """The share of the inputs that are dropped."""

        @property
        def recurrent_dropout(self) -> float:
            """The share of the state that is dropped."""

        @property
        def seed(self) -> int | None:
            """What makes the dropout repeatable."""

    @classmethod
    @override
    def revive(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any],
        make: Callable[[Mapping[str, Any]], Layer],
    ) -> Layer:
        """The layer of a config; the implementation 0 of the first versions of Keras 2 is 1 today."""
        if config.get("implementation") == 0:
            config = {**config, "implementation": 1}
        return cls.from_config(config)

    @override
    def validate(self) -> None:
        """Makes the cell, which says how it computes."""
        super().validate()
        vars(self)["implementation"] = vars(self.cell)["implementation"]

    @override
    def random_generator(self) -> bool:
        return True

    @property
    def fits_cudnn(self) -> bool:
        """Whether the options are those that cuDNN has.

        Source: tf_keras/src/layers/rnn/lstm.py, LSTM._could_use_gpu_kernel.
        """
        activations = (self.activation.name, self.recurrent_activation.name)
        return (
            activations == ("tanh", "sigmoid")
            and self.recurrent_dropout == 0
            and not self.unroll
            and self.use_bias
        )

    @override
    def _first_states(self, sequence: Value, given: Any) -> Structure:
        if not (self.fits_cudnn and self.stateful and given is None):
            return super()._first_states(sequence, given)
        return pack_as(self.state_sizes, [self._state_value(sequence, w) for w in flatten(self.states)])

    def _state_value(self, beside: Value, state: Weight) -> Value:
        """The kept state, as Keras hands it on: by an Identity, or cast."""
        if state.dtype is self.compute_dtype:
            return _read_value(beside, state)
        return ops.cast(beside.graph.read(state), self.compute_dtype)

    @override
    def run_steps(
        self,
        inputs: Any,
        mask: Any,
        training: bool,
        initial_state: Any,
        constants: Any,
        call_context: CallContext,
    ) -> Any:
        if not self.fits_cudnn:
            return super().run_steps(inputs, mask, training, initial_state, constants, call_context)
        sequence, given, fixed = self._parts(inputs, initial_state, constants)
        if fixed is not None:
            raise self.fail(f"constants: cell {self.cell.name} does not take them")
        states = self._first_states(sequence, given)
        if training and self.dropout:
            sequence = dropout(sequence, self.dropout, None, self.seed)
        cell = self.cell
        kernel, recurrent_kernel, bias = (
            _read_value(sequence, weight) for weight in (cell.kernel, cell.recurrent_kernel, cell.bias)
        )
        masks: list[Value] = [found for found in flatten(mask)[:1] if found is not None]
        arguments = fused_rnn.Arguments(
            sequence, tuple(flatten(states)), kernel, recurrent_kernel, bias, masks[0] if masks else None
        )
        steps = fused_rnn.Steps(
            self.time_major, self.go_backwards, self.zero_output_for_mask, self.return_sequences
        )
        last, outputs, after = fused_rnn.call(self.fused, arguments, steps)
        return self.results(outputs if self.return_sequences else last, pack_as(states, after))


def _read_value(beside: Value, weight: Weight) -> Value:
    """The value of a weight in the dtype of `beside`, by an Identity of its own, as Keras hands it on.

    Source: tf_keras/src/layers/rnn/gru_lstm_utils.py, read_variable_value.
    """
    value = ops.identity(beside.graph.read(weight, "Read"))
    return ops.cast(value, beside.dtype) if weight.autocast else value
