"""The base of the layers that run a cell over the steps of sequences.

Source: tf_keras/src/layers/rnn/base_rnn.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.naming import OWN_NAMES, LayerNames, to_snake_case
from kerasfmt.ir.structure import Structure, flatten, map_structure, pack_as
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.rnn.arguments import count, standard_call
from kerasfmt.layers.rnn.cell import (
    StateShape,
    dims_of_size,
    initial_states,
    state_size_of,
)
from kerasfmt.layers.rnn.running import RunningCell
from kerasfmt.nn.recurrence import Recurrence
from kerasfmt.typing import override

SHARED_OPTIONS = (
    "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major",
    "num_constants", "zero_output_for_mask",
)  # fmt: skip
"""The options of every layer that runs a cell, in the order of the config."""

RNN_FACTS = KerasFacts(
    identifier="_tf_keras_rnn_layer",
    tracked_lists=("state_spec",),
    tracked_order=("cell", "state_spec"),
    build_calls_base=True,
    implied_by_keras3={"time_major": (False,), "num_constants": (0,), "implementation": ANY_VALUE},
)
"""The facts of a layer that runs a cell."""


class RecurrentLayer(Layer, register=False):
    """Base of the layers that run a cell over the steps of sequences.

    A symbolic call takes the initial states and the constants, one tensor or a list of them, by keyword or behind the
    sequences in a list.
    """

    facts = RNN_FACTS
    supports_masking = True
    num_constants: int = fields.option(default=0, convert=count, implied=True, kw_only=True)
    states: list[Any] = fields.state(default=())
    """The variables with the states of a stateful layer, in the structure of the cell's states."""

    if TYPE_CHECKING:  # Every subclass has these options, in an order of its own.

        @property
        def cell(self) -> Layer:
            """The cell."""

        @property
        def return_sequences(self) -> bool:
            """Whether the outputs of all steps are given."""

        @property
        def return_state(self) -> bool:
            """Whether the states after the last step are given."""

        @property
        def go_backwards(self) -> bool:
            """Whether the last step comes first."""

        @property
        def unroll(self) -> bool:
            """Whether each step has nodes of its own."""

        @property
        def time_major(self) -> bool:
            """Whether sequences are (steps, batch, ...)."""

        @property
        def zero_output_for_mask(self) -> bool:
            """Whether the output of a masked step is zero."""

    @property
    @override
    def sublayers(self) -> Mapping[str, Layer]:
        cell = vars(self).get("cell")
        return {} if cell is None else {"cell": cell}

    @property
    def cell_scope(self) -> str:
        """What the names of the weights of the cell begin with."""
        return f"{self.name_scope}{self.cell.name}/"

    @property
    def batch_axis(self) -> int:
        """The axis of the rows."""
        return 1 if self.time_major else 0

    @property
    def keeps_compute_dtype(self) -> bool:
        """Whether the states are kept in the dtype in which the layer computes."""
        return self.policy.variable_dtype is self.compute_dtype

    @property
    def state_sizes(self) -> Structure:
        """The sizes of the states, a structure."""
        return state_size_of(self.cell)

    @override
    def build(self, inputs: Any) -> None:
        """Builds the cell for one step; makes the variables of the states if the layer is stateful."""
        first = inputs[0] if isinstance(inputs, list) else inputs
        for spec in flatten(first):
            if spec.shape is None or len(spec.shape) < 3:
                raise self.fail(
                    f"input: expected at least 3 dimensions (batch, steps, ...), got shape {spec.shape}"
                )
        self._input_spec = map_structure(self._open, first)
        batch = flatten(first)[0].shape[self.batch_axis]
        steps = map_structure(lambda s: Spec((s.shape[self.batch_axis], *s.shape[2:]), s.dtype), first)
        cell = self.cell
        if not cell.built:
            cell.weight_scope = self.cell_scope
            cell.ensure_built(map_structure(cell.cast_spec, steps))
        if self.stateful:
            self._make_states(batch)

    def _open(self, spec: Spec) -> InputSpec:
        """What the layer demands of sequences like these: any number of steps, and of rows unless it is stateful."""
        shape = list(spec.shape or ())
        shape[1 - self.batch_axis] = None
        if not self.stateful:
            shape[self.batch_axis] = None
        return InputSpec(shape=tuple(shape), ndim=len(shape))

    def _make_states(self, batch: int | None) -> None:
        if not batch:
            raise self.fail(
                "option stateful: expected inputs with a known batch, got any batch; give the input a batch_size"
            )
        dtype, name = self.policy.variable_dtype, f"{self.name_scope}Variable"
        self.states = map_structure(
            lambda size: Weight(name, (batch, *self.state_dims(size)), dtype, autocast=False),
            self.state_sizes,
        )
        self.reset_states()

    def state_dims(self, size: int | StateShape) -> tuple[int, ...]:
        """The shape of a state without the batch, from its size."""
        return dims_of_size(size)

    def reset_states(self, states: Any = None) -> None:
        """Sets the states of a stateful layer.

        Args:
          states: an array or a structure of arrays, one for each state; zeros by default.

        Raises:
          InvalidModelError: the layer is not stateful, or it is not built, or the arrays do not fit.
        """
        if not self.stateful or not self.states:
            raise self.fail("it has no states to reset; it must be stateful and built")
        weights = flatten(self.states)
        values = [np.zeros(w.shape, w.dtype.numpy) for w in weights] if states is None else flatten(states)
        if len(values) != len(weights):
            raise self.fail(f"expected {len(weights)} states, got {len(values)}")
        for weight, value in zip(weights, values, strict=True):
            weight.value = np.asarray(value, weight.dtype.numpy)

    @property
    def unbuilt_input_spec(self) -> list[InputSpec] | None:
        """What the layer demands of its inputs before it is built."""
        return None

    @override
    def input_spec(self) -> Any:
        """The sequences for which it was built, with any number of steps."""
        return [self._input_spec]

    @override
    def keras_signature(self, names: LayerNames = OWN_NAMES) -> Structure | None:
        """A list of the sequences; None where the steps are unrolled."""
        return None if self.unroll or not self.built else super().keras_signature(names)

    @override
    def _check_inputs(self, specs: list[Spec]) -> None:
        for spec, demand in zip(specs, flatten(self._input_spec), strict=False):
            wrong = demand.mismatch(spec.shape)
            if wrong is not None:
                raise self.fail(f"input: {wrong}")

    @property
    def state_spec(self) -> list[Any]:
        """The structure of the states, which Keras tracks."""
        return list(map_structure(lambda _: None, self.state_sizes))

    @override
    def saved_states(self) -> Structure:
        return self.states or self.state_spec

    # Sequences, initial states and constants.

    @override
    def __call__(
        self, inputs: Structure, initial_state: Any = None, constants: Any = None, **kwargs: Any
    ) -> Any:
        """The symbolic outputs for symbolic sequences.

        Args:
          inputs: sequences (batch, steps, ...), or a list of sequences, initial states and constants.
          initial_state: the states before the first step, a tensor or a structure of them.
          constants: what every step gets beside its inputs and states, a tensor or a list of them.
          kwargs: `mask` and `training`.
        """
        joined, fixed = standard_call(inputs, initial_state, constants)
        if fixed:
            self.num_constants = fixed
        return super().__call__(joined, **kwargs)

    @override
    def arranged(self, inputs: Structure, kwargs: dict[str, Any]) -> tuple[Structure, dict[str, Any]]:
        """The sequences alone; initial states and constants by keyword."""
        if not isinstance(inputs, list):
            return inputs, kwargs
        sequences, states, constants = self._parts(inputs, None, None)
        given = {"initial_state": states, "constants": constants}
        if "mask" in kwargs:
            kwargs = {**kwargs, "mask": flatten(kwargs["mask"])[0]}
        return sequences, {**kwargs, **{name: value for name, value in given.items() if value is not None}}

    def _parts(self, inputs: Any, states: Any, constants: Any) -> tuple[Structure, Any, Any]:
        """Sequences, initial states and constants, from a call that has them in one list or apart."""
        if not isinstance(inputs, list):
            return inputs, states, constants
        end = len(inputs) - self.num_constants
        if end < 1:
            raise self.fail(
                f"expected {self.num_constants} constants behind the sequences, got {len(inputs) - 1}"
            )
        return inputs[0], inputs[1:end] or None, inputs[end:] or None

    def _first_states(self, sequence: Value, given: Any) -> Structure:
        sizes = self.state_sizes
        if given is not None and len(flatten(given)) != len(flatten(sizes)):
            raise self.fail(f"expected {len(flatten(sizes))} initial states, got {len(flatten(given))}")
        if self.stateful:
            kept = [sequence.graph.read(weight) for weight in flatten(self.states)]
            if given is not None:
                used = [
                    ops.reduce_any(ops.not_equal(v, np.zeros((), v.dtype.numpy)), list(range(v.rank)))
                    for v in kept
                ]
                any_used = ops.reduce_any(ops.pack(used), 0)
                kept = [
                    ops.where(any_used, v, ops.cast(g, v.dtype))
                    for v, g in zip(kept, flatten(given), strict=True)
                ]
            return pack_as(sizes, [ops.cast(v, self.compute_dtype) for v in kept])
        if given is not None:
            return pack_as(sizes, flatten(given))
        return self.zero_states(sequence)

    def zero_states(self, sequence: Value) -> Structure:
        """The states before the first step, where none are given.

        Args:
          sequence: the sequences, or the first of several.
        """
        batch = ops.getitem(ops.shape(sequence), self.batch_axis)
        return initial_states(self.cell, sequence, batch, sequence.dtype)

    @property
    def recurrence(self) -> Recurrence:
        """How the cell goes over the steps."""
        return Recurrence(
            self.go_backwards, self.unroll, self.time_major, self.zero_output_for_mask, self.return_sequences
        )

    def run_steps(
        self,
        inputs: Any,
        mask: Any,
        training: bool,
        initial_state: Any,
        constants: Any,
        call_context: CallContext,
    ) -> Any:
        """The outputs; the arguments are those of `call`."""
        sequences, given, fixed = self._parts(inputs, initial_state, constants)
        first = flatten(sequences)[0]
        states = self._first_states(first, given)
        cell = RunningCell(
            self, sequences, states, training, fixed, call_context, states_given=given is not None
        )
        found = [m for m in flatten(mask)[:1] if m is not None]
        ran = self.recurrence.run(
            cell.step, flatten(sequences), flatten(states), cell.invariants, found[0] if found else None
        )
        return self.results(cell.outputs_of(ran.outputs or ran.last), pack_as(states, list(ran.states)))

    def results(self, outputs: Structure, states: Structure) -> Any:
        """What `call` gives: the outputs, and the states if they are wanted; a stateful layer keeps the states."""
        if self.stateful:
            for weight, state in zip(flatten(self.states), flatten(states), strict=True):
                ops.assign(weight, ops.cast(state, weight.dtype))
        if not self.return_state:
            return outputs
        return [*(outputs if isinstance(outputs, list) else [outputs]), *states]

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask of the sequences for outputs that are sequences; none for the others."""
        kept = flatten(mask)[0] if self.return_sequences else None
        return [kept, *(None for _ in flatten(self.state_sizes))] if self.return_state else kept


class CellLayer(RecurrentLayer, register=False):
    """Base of the layers that make their cell of their own options.

    Attributes:
      cell_class: the class of the cell.
    """

    cell_class: ClassVar[type[Layer]]
    cell: Layer = fields.state()

    @property
    @override
    def unbuilt_input_spec(self) -> list[InputSpec]:
        return [InputSpec(ndim=3)]

    @override
    def validate(self) -> None:
        """Makes the cell."""
        kind = self.cell_class
        own = {
            name: getattr(self, name)
            for name in kind.fields
            if name in self.fields and name not in _NOT_OF_CELL
        }
        self.cell = kind(
            **own, dtype=self.policy, trainable=self.trainable, name=to_snake_case(kind.__name__)
        )
        self.cell.options_of = self

    @override
    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        initial_state: Any = None,
        *,
        call_context: CallContext,
    ) -> Any:
        return self.run_steps(inputs, mask, training, initial_state, None, call_context)


_NOT_OF_CELL = frozenset(Layer.fields)
