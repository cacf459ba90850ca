"""What a forward and a backward function take and give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kerasfmt.graph import Function


class Slices(NamedTuple):
    """Three outputs that are the gradient of some rows of an argument: see `IndexedSlices`."""

    values: int
    indices: int
    dense_shape: int


@dataclass(frozen=True, eq=False)
class ForwardBackward:
    """A function with what its gradient needs, and the gradient.

    Attributes:
      forward: takes what the function takes; gives what it gives, then the intermediate values that `backward` needs.
      backward: takes the gradients of outputs, then values of `forward`; gives the gradients of arguments.
      seeds: the outputs whose gradients `backward` takes, by their index.
      taken: the outputs of `forward` that `backward` takes after them, by their index.
      given: for each argument of the function, inputs and then handles, which output of `backward` is its gradient;
        Slices where that is the gradient of some rows; None where the outputs do not depend on the argument, or its
        dtype has no gradients.
    """

    forward: Function
    backward: Function
    seeds: tuple[int, ...]
    taken: tuple[int, ...]
    given: tuple[int | Slices | None, ...]
