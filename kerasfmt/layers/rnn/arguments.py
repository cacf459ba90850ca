"""The arguments of a call of a recurrent layer: sequences, initial states and constants.

Source: tf_keras/src/layers/rnn/rnn_utils.py, standardize_args.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasfmt.ir.fields import LARGEST, is_integer
from kerasfmt.ir.structure import Structure


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


def _listed(value: Any) -> Sequence[Any]:
    """The items of a list or tuple; any other value alone."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
