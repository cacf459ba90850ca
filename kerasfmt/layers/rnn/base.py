"""RNN, and the base of the layers that run a cell over the steps of sequences.

Source: tf_keras/src/layers/rnn/base_rnn.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.fields import LARGEST, Field, is_integer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.naming import OWN_NAMES, LayerNames, to_snake_case
from kerasfmt.ir.structure import Structure, flatten, map_structure, pack_as
from kerasfmt.ir.trace import InnerCall
from kerasfmt.ir.weight import Weight
from kerasfmt.layers.rnn.cell import (
    RecurrentCell,
    StateShape,
    StepArguments,
    check_cell,
    dims_of_size,
    initial_states,
    masks_of,
    run_cell,
    state_size_of,
)
from kerasfmt.layers.rnn.stacked import StackedRNNCells
from kerasfmt.nn.recurrence import Recurrence, Values
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
    implied_by_keras3={"time_major": (False,), "num_constants": (0,)},
)
"""The facts of a layer that runs a cell."""


def count(value: Any) -> int:
    """The number of constants that a call has behind the sequences and the states.

    Raises:
      ValueError: it is no such number.
    """
    if not is_integer(value) or not 0 <= value <= LARGEST:
        raise ValueError(f"expected a whole number of at least 0, got {value!r}")
    return int(value)


def standard_call(inputs: Structure, states: Any, constants: Any) -> tuple[Structure, int]:
    """Sequences, initial states and constants in one list, and the number of constants.

    A list of the sequences alone becomes the sequences.
    """
    if states is None and constants is None:
        return (inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else inputs), 0
    fixed = _listed(constants)
    return [inputs, *_listed(states), *fixed], len(fixed)


class RecurrentLayer(Layer, register=False):
    """Base of the layers that run a cell over the steps of sequences.

    A symbolic call takes the initial states and the constants, one tensor or a list of them, by keyword or behind the
    sequences in a list.
    """

    facts = RNN_FACTS
    supports_masking = True
    traces_cell: ClassVar[bool] = True
    """Whether Keras saves the cell with functions of its own."""
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
        wanted = flatten(self._input_spec)
        super()._check_inputs(specs[: len(wanted)])

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
        cell = _RunningCell(self, sequences, states, training, fixed, call_context)
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


class _RunningCell:
    """The cell of a layer during one call, as a step on flat lists of Values.

    Args:
      layer: the layer.
      sequences: its sequences.
      states: the states before the first step.
      training: the mode.
      constants: what every step gets beside its inputs and states.
      context: the context of the call.

    Attributes:
      invariants: the random masks and the constants, which are the same in each step.
    """

    def __init__(
        self,
        layer: RecurrentLayer,
        sequences: Structure,
        states: Structure,
        training: bool,
        constants: Any,
        context: CallContext,
    ) -> None:
        self._layer, self._cell, self._context, self._training = layer, layer.cell, context, training
        self._sequences, self._states, self._constants = sequences, states, constants
        if constants is not None and "constants" not in self._cell.signature.further:
            raise layer.fail(f"constants: cell {self._cell.name} does not take them")
        first = flatten(sequences)[0]
        axis = layer.batch_axis
        batch = first.dims[axis]
        if batch is None:
            batch = ops.getitem(ops.shape(first), axis)
        step = (0,) if layer.time_major else (slice(None), 0)
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
        if self._seen or not self._layer.traces_cell:
            return
        self._seen = True
        if isinstance(self._cell, RecurrentCell):
            kwargs = {"states": states} if constants is None else {"states": states, "constants": constants}
            specs = [map_structure(lambda v: v.spec, given) for given in (inputs, kwargs)]
            self._context.inner.append(InnerCall(self._cell, specs[0], specs[1]))
        else:
            self._context.inner.extend(inside.inner)


def _listed(value: Any) -> Sequence[Any]:
    """The items of a list or tuple; any other value alone."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _cell(value: Any) -> Layer:
    return StackedRNNCells(list(value)) if isinstance(value, list | tuple) else check_cell(value)


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


class RNN(RecurrentLayer):
    """Runs a cell over the steps of sequences.

    Args:
      cell: a cell, or a list of cells, of which each gets the outputs of the one before.
      return_sequences: whether the outputs of all steps are given, instead of those of the last step.
      return_state: whether the states after the last step are given too.
      go_backwards: whether the last step comes first.
      stateful: whether the states are kept for the next call; needs inputs of a known batch.
      unroll: whether each step has nodes of its own; needs inputs of a known number of steps.
      time_major: whether inputs and outputs are (steps, batch, ...).
      zero_output_for_mask: whether the output of a masked step is zero instead of the output of the step before.

    Input: float (batch, steps, ...). Output: (batch, units), or (batch, steps, units); then the states.
    Source: tf_keras/src/layers/rnn/base_rnn.py.
    """

    config_order = (*SHARED_OPTIONS, "cell")
    cell: Field[Layer, Layer | Sequence[Layer]] = fields.option(convert=_cell, to_config=Layer.described)
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    time_major: bool = False
    zero_output_for_mask: bool = fields.boolean(default=False, implied=True, kw_only=True)

    @classmethod
    @override
    def revive(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any],
        make: Callable[[Mapping[str, Any]], Layer],
    ) -> Layer:
        """The layer around the cell that its config describes."""
        return cls.from_config({**config, "cell": make(config["cell"])})

    @override
    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        initial_state: Any = None,
        constants: Any = None,
        *,
        call_context: CallContext,
    ) -> Any:
        return self.run_steps(inputs, mask, training, initial_state, constants, call_context)
