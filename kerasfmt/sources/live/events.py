"""What one run of a live Keras 3 layer's code did, as a list of events."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Event:
    """One step of the code.

    Attributes:
      kind: "operation", "layer", "array", "random", "assign", "loss" or "control".
      name: the class of the operation, or the name of the function that makes an array or random numbers, or that runs
        functions of the user's.
      target: the layer or the variable.
      options: the options of an operation.
      args: its arguments.
      kwargs: its arguments by name.
      outputs: a structure of symbolic tensors.
      line: where in the user's code it stands.
      bodies: the functions that it runs.
      number: its place in a script, among all steps and functions.
    """

    kind: str
    name: str = ""
    target: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Any = None
    line: str = ""
    bodies: tuple[Body, ...] = ()
    number: int = 0


@dataclass(eq=False)
class Body:
    """A function of the user's that a step runs.

    Attributes:
      inputs: the symbolic tensors that it ran on.
      events: its steps.
      outputs: what it returned: tensors, numbers and arrays.
      number: its place in a script, among all steps and functions.
    """

    inputs: Sequence[Any]
    events: Sequence[Event]
    outputs: Sequence[Any]
    number: int = 0


@dataclass(eq=False)
class Recording:
    """What one run of the code did.

    Attributes:
      inputs: the symbolic tensors that it ran on: the inputs, then further arguments by name.
      events: its steps.
      outputs: what it returned.
      sizes: the size that stood for each size that is not known.
    """

    inputs: tuple[Any, Mapping[str, Any]]
    events: list[Event]
    outputs: Any
    sizes: Mapping[int, int]


class NotRecordable(Exception):
    """The code cannot be recorded.

    Args:
      line: where in the user's code it stands.
      reason: why.
    """

    def __init__(self, line: str, reason: str) -> None:
        super().__init__(f"{line}: {reason}" if line else reason)
        self.line = line


class NotComputable(NotRecordable):
    """The code cannot be taken in any way: what it does in an inner function, no backend traces."""


def options_of(operation: Any) -> dict[str, Any]:
    """The options of an operation of Keras 3."""
    try:
        config = dict(operation.get_config())
        config.pop("name", None)
        return config
    except NotImplementedError:
        names = list(inspect.signature(type(operation).__init__).parameters)[1:]
        return {name: vars(operation)[name] for name in names if name in vars(operation) and name != "name"}
