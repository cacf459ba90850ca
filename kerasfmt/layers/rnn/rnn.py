"""RNN: a recurrent layer around any cell.

Source: tf_keras/src/layers/rnn/base_rnn.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kerasfmt.ir import fields
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.fields import Field
from kerasfmt.ir.layer import Layer
from kerasfmt.layers.rnn.base import SHARED_OPTIONS, RecurrentLayer
from kerasfmt.layers.rnn.cell import check_cell
from kerasfmt.layers.rnn.stacked import StackedRNNCells
from kerasfmt.typing import override


def _cell(value: Any) -> Layer:
    return StackedRNNCells(list(value)) if isinstance(value, list | tuple) else check_cell(value)


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
