"""The cell of a recurrent layer during one call.

Source: tf_keras/src/layers/rnn/base_rnn.py, RNN.call.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Protocol

from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import VariableSpec, ops
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure, flatten, map_structure, pack_as
from kerasfmt.ir.trace import InnerCall
from kerasfmt.layers.rnn.cell import RecurrentCell, StepArguments, masks_of, run_cell
from kerasfmt.nn.recurrence import Values


class RunsCell(Protocol):
    """What the cell needs to know of the layer that runs it."""

    @property
    def cell(self) -> Layer:
        """The cell."""

    @property
    def batch_axis(self) -> int:
        """The axis of the rows."""

    @property
    def stateful(self) -> bool:
        """Whether one call starts with what the call before left."""

    @property
    def unroll(self) -> bool:
        """Whether each step has nodes of its own."""

    @property
    def keeps_compute_dtype(self) -> bool:
        """Whether the states are kept in the dtype in which the layer computes."""

    def fail(self, text: str) -> InvalidModelError:
        """An error that says which layer is wrong."""


class RunningCell:
    """The cell of a layer during one call, as a step on flat lists of Values.

    Args:
      layer: the layer.
      sequences: its sequences.
      states: the states before the first step.
      training: the mode.
      constants: what every step gets beside its inputs and states.
      context: the context of the call.
      states_given: whether the caller gave the states.

    Attributes:
      invariants: the random masks and the constants, which are the same in each step.
    """

    def __init__(
        self,
        layer: RunsCell,
        sequences: Structure,
        states: Structure,
        training: bool,
        constants: Any,
        context: CallContext,
        *,
        states_given: bool,
    ) -> None:
        self._states_given = states_given
        self._layer, self._cell, self._context, self._training = layer, layer.cell, context, training
        self._sequences, self._states, self._constants = sequences, states, constants
        if constants is not None and "constants" not in self._cell.signature.further:
            raise layer.fail(f"constants: cell {self._cell.name} does not take them")
        first = flatten(sequences)[0]
        axis = layer.batch_axis
        batch = first.dims[axis]
        if batch is None:
            batch = ops.getitem(ops.shape(first), axis)
        step = (0,) if axis == 1 else (slice(None), 0)
        like = map_structure(lambda x: ops.getitem(x, step), sequences) if training else sequences
        self._masks = masks_of(self._cell, like, batch, training)
        self._mask_count = len(flatten(self._masks))
        self.invariants: Values = [*flatten(self._masks), *([] if constants is None else constants)]
        self._outputs: Structure = None
        self._seen = False

    def outputs_of(self, values: Values) -> Structure:
        """Outputs in the structure in which the cell gives them."""
        return pack_as(self._outputs, list(values))

    def step(self, inputs: Values, states: Values, invariants: Values) -> tuple[Values, Values]:
        """One step; see `kerasfmt.nn.recurrence.Step`."""
        x, before = pack_as(self._sequences, list(inputs)), pack_as(self._states, list(states))
        inside = self._context.inside()
        masks = pack_as(self._masks, list(invariants[: self._mask_count]))
        constants = None if self._constants is None else list(invariants[self._mask_count :])
        arguments = StepArguments(masks, constants, self._training, inside)
        given = tuple(before) if isinstance(before, list) else before
        outputs, after = run_cell(self._cell, x, given, arguments)
        self._record(x, given, constants, inside)
        self._outputs = map_structure(lambda v: None, outputs)
        found = flatten(after)
        if len(found) != len(states):
            raise self._layer.fail(f"cell {self._cell.name}: expected {len(states)} states, got {len(found)}")
        return flatten(outputs), found

    def _record(self, inputs: Structure, states: Structure, constants: Any, inside: CallContext) -> None:
        """Records the call of the cell once, so that a writer can give it functions of its own."""
        if inside.losses:
            raise self._layer.fail(f"cell {self._cell.name}: a loss that depends on a step is not supported")
        if self._seen:
            return
        self._seen = True
        if isinstance(self._cell, RecurrentCell):
            kwargs = {"states": states} if constants is None else {"states": states, "constants": constants}
            specs = [map_structure(lambda v: v.spec, given) for given in (inputs, kwargs)]
            made = [InnerCall(self._cell, specs[0], specs[1])]
        else:
            made = inside.inner
        # Keras calls the cell of a stateful layer once outside of the loop, with the variables themselves.
        from_variables = [self._with_variables(call) for call in made] if self._starts_from_variables else []
        self._context.inner.extend([*from_variables, *made])

    @property
    def _starts_from_variables(self) -> bool:
        layer = self._layer
        return layer.stateful and not layer.unroll and layer.keeps_compute_dtype and not self._states_given

    def _with_variables(self, call: InnerCall) -> InnerCall:
        """A call of the cell with variables in place of the states."""
        alias = count()
        states = map_structure(lambda spec: VariableSpec(spec, next(alias)), call.kwargs["states"])
        return InnerCall(call.layer, call.inputs, {**call.kwargs, "states": states})
