"""What a recurrent layer needs of the cell that it runs step by step.

A cell is any layer with a `state_size` whose `call(inputs, states)` gives the outputs of one step and the states after
it. A `state_size` is a size, a `StateShape`, or a structure of them. The states have the same structure; one state
alone is a list or tuple of one.

Source: tf_keras/src/layers/rnn/abstract_rnn_cell.py, rnn_utils.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.graph import Value, ops
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.fields import is_integer
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.nn.shapes import dropout, packed

Size: TypeAlias = "int | Value"


@dataclass(frozen=True)
class StateShape:
    """The shape of a state without the batch, where it has several dimensions."""

    dims: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class StepArguments:
    """What all steps of one call share.

    Attributes:
      masks: the random masks that the cell made for the call.
      constants: what every step gets beside its inputs and states; None without any.
      training: whether the cell is trained.
      context: the context of the call.
    """

    masks: Structure
    constants: Any
    training: bool
    context: CallContext


class RecurrentCell(Layer, register=False):
    """Base of the cells that make the random masks of their dropout once for all steps."""

    @property
    def state_size(self) -> Structure:
        """The sizes of the states."""
        raise NotImplementedError

    @property
    def output_size(self) -> Structure:
        """The size of the outputs."""
        raise NotImplementedError

    def masks(self, inputs: Structure, batch: Size, training: bool) -> Structure:
        """The random masks that all steps of one call share; empty without dropout.

        Args:
          inputs: Values like the inputs of one step.
          batch: the number of rows.
          training: whether the cell is trained.
        """
        raise NotImplementedError

    def step(self, inputs: Any, states: Structure, arguments: StepArguments) -> tuple[Structure, Structure]:
        """The outputs of one step and the states after it.

        Args:
          inputs: Values (batch, ...).
          states: the states before the step.
          arguments: what all steps share.
        """
        raise NotImplementedError


def check_cell(value: Any) -> Layer:
    """A layer that is a cell.

    Raises:
      ValueError: it is none.
    """
    if not isinstance(value, Layer) or not hasattr(value, "state_size"):
        raise ValueError(f"expected a cell, which is a layer with a state_size, got {value!r}")
    return value


def state_size_of(cell: Layer) -> Structure:
    """The sizes of the states of a cell; one size alone is a list of one.

    Raises:
      InvalidModelError: they are not sizes.
    """
    found: Structure = getattr(cell, "state_size", None)
    if not flatten(found) or not all(
        isinstance(size, StateShape) or (is_integer(size) and size > 0) for size in flatten(found)
    ):
        raise cell.fail(f"state_size: expected sizes of at least 1, got {found!r:.80}")
    return found if isinstance(found, list | tuple | dict) else [found]


def dims_of_size(size: int | StateShape) -> tuple[int, ...]:
    """The shape, without the batch, that a size states."""
    return size.dims if isinstance(size, StateShape) else (int(size),)


def output_size_of(cell: Layer) -> Structure:
    """The sizes of the outputs of a cell: by default the size of its first state."""
    found: Structure = getattr(cell, "output_size", None)
    if found is None:
        size = cell.state_size if hasattr(cell, "state_size") else None
        found = size[0] if isinstance(size, list | tuple) else size
    return found


def initial_states(cell: Layer, beside: Value, batch: Value, dtype: DType) -> Structure:
    """The states before the first step: those that the cell makes, or else zeros.

    Args:
      cell: the cell.
      beside: a value of the function.
      batch: the number of rows.
      dtype: the dtype of the states.
    """
    make = getattr(cell, "get_initial_state", None)
    if make is not None:
        made = make(inputs=None, batch_size=batch, dtype=dtype)
        return made if isinstance(made, list | tuple | dict) else [made]
    return map_structure(lambda size: full(beside, batch, dims_of_size(size), dtype), state_size_of(cell))


def full(beside: Value, batch: Size, dims: Sequence[int], dtype: DType, value: float = 0.0) -> Value:
    """The value in the shape (batch, *dims), in the function of `beside`."""
    return ops.fill(packed([batch, *dims], beside), np.asarray(value, dtype.numpy))


def dropout_masks(
    like: Value, batch: Size, size: int, rate: float, count: int, seed: int | None
) -> list[Value]:
    """Random masks (batch, size) of zeros and of the inverse of the share that is kept; none if nothing is dropped."""
    if not rate:
        return []
    ones = full(like, batch, (size,), like.dtype, 1.0)
    return [dropout(ones, rate, None, seed) for _ in range(count)]


def masks_of(cell: Layer, inputs: Structure, batch: Size, training: bool) -> Structure:
    """The random masks of a cell; other layers than a `RecurrentCell` make theirs in each step."""
    return cell.masks(inputs, batch, training) if isinstance(cell, RecurrentCell) else []


def run_cell(
    cell: Layer, inputs: Structure, states: Structure, arguments: StepArguments
) -> tuple[Structure, Structure]:
    """The outputs of a cell and the states after the step."""
    if isinstance(cell, RecurrentCell):
        inputs = map_structure(cell.cast_input, inputs)
        with flatten(inputs)[0].graph.scope(arguments.context.names[cell]):
            return cell.step(inputs, states, arguments)
    given = {} if arguments.constants is None else {"constants": arguments.constants}
    outputs, after = arguments.context.run(cell, inputs, arguments.training, states=states, **given)
    return outputs, after
