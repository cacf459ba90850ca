"""StackedRNNCells: cells, each of which gets the outputs of the one before.

Source: tf_keras/src/layers/rnn/stacked_rnn_cells.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from kerasfmt.dtypes import DType
from kerasfmt.graph import Spec, Value
from kerasfmt.ir import fields
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.fields import Field
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure, flatten, map_structure, pack_as
from kerasfmt.layers.layer_list import LayerList
from kerasfmt.layers.rnn.cell import (
    RecurrentCell,
    Size,
    StateShape,
    StepArguments,
    check_cell,
    dims_of_size,
    full,
    initial_states,
    masks_of,
    output_size_of,
    run_cell,
    state_size_of,
)
from kerasfmt.nn.shapes import dims_of
from kerasfmt.typing import override


def _cells(value: Any) -> list[Layer]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"expected a list of cells, got {value!r}")
    return [check_cell(cell) for cell in value]


def _step_spec(batch: int | None, dtype: DType, size: int | StateShape) -> Spec:
    return Spec((batch, *dims_of_size(size)), dtype)


class StackedRNNCells(LayerList, RecurrentCell):
    """Cells on top of each other as one cell.

    Args:
      cells: the cells; each gets the outputs of the one before.
      reverse_state_order: whether the states of the last cell come first; not part of the config.

    Source: tf_keras/src/layers/rnn/stacked_rnn_cells.py.
    """

    listed = "cells"
    cells: Field[list[Layer], Sequence[Layer]] = fields.option(
        convert=_cells, to_config=lambda cells: [cell.described() for cell in cells]
    )
    reverse_state_order: bool = fields.boolean(default=False, stored=False, kw_only=True)

    @property
    @override
    def state_size(self) -> Structure:
        return tuple(getattr(cell, "state_size", None) for cell in self._in_state_order(self.cells))

    def _in_state_order(self, items: Sequence[Any]) -> Sequence[Any]:
        return items[::-1] if self.reverse_state_order else items

    @property
    @override
    def output_size(self) -> Structure:
        return output_size_of(self.cells[-1])

    @override
    def build(self, inputs: Any) -> None:
        """Builds the cells, each for the outputs of the one before."""
        self.build_input = None  # Keras does not keep it
        for cell in self.cells:
            if not cell.built:
                cell.weight_scope = f"{self.name_scope}{cell.name}/"
                cell.ensure_built(map_structure(cell.cast_spec, inputs))
            inputs = map_structure(
                partial(_step_spec, flatten(inputs)[0].shape[0], cell.compute_dtype), output_size_of(cell)
            )

    def get_initial_state(self, inputs: Any, batch_size: Value, dtype: Any) -> Structure:
        """The states of the cells before the first step."""
        made = []
        for cell in self._in_state_order(self.cells):
            states = initial_states(cell, batch_size, batch_size, dtype)
            size = getattr(cell, "state_size", None)
            made.append(states if isinstance(size, list | tuple | dict) else states[0])
        return tuple(made)

    @override
    def masks(self, inputs: Structure, batch: Size, training: bool) -> list[Structure]:
        found = []
        beside = flatten(inputs)[0]
        for cell in self.cells:
            found.append(masks_of(cell, inputs, batch, training))
            if training:
                inputs = map_structure(
                    lambda size: full(beside, batch, dims_of_size(size), beside.dtype), output_size_of(cell)
                )
        return found

    @override
    def step(self, inputs: Any, states: Structure, arguments: StepArguments) -> tuple[Structure, Structure]:
        sizes = [state_size_of(cell) for cell in self._in_state_order(self.cells)]
        by_cell = self._in_state_order(pack_as(sizes, flatten(states)))
        made = []
        for cell, before, masks in zip(self.cells, by_cell, arguments.masks, strict=True):
            constants = arguments.constants if "constants" in cell.signature.further else None
            own = StepArguments(masks, constants, arguments.training, arguments.context)
            inputs, after = run_cell(cell, inputs, before, own)
            made.append(flatten(after))
        return inputs, pack_as(self.state_size, flatten(self._in_state_order(made)))

    @override
    def call(
        self,
        inputs: Any,
        states: Any,
        constants: Any = None,
        training: bool = False,
        *,
        call_context: CallContext,
        **kwargs: Any,
    ) -> Any:
        masks = self.masks(inputs, dims_of(flatten(inputs)[0])[0], training)
        return self.step(inputs, states, StepArguments(masks, constants, training, call_context))
