"""What a forward and a backward function take and give."""

from __future__ import annotations

from dataclasses import dataclass

from kerasfmt.graph import Function


@dataclass(frozen=True, eq=False)
class ForwardBackward:
    """A function with what its gradient needs, and the gradient.

    Attributes:
      forward: takes what the function takes; gives what it gives, then the intermediate values that `backward` needs.
      backward: takes the gradients of outputs, then values of `forward`; gives the gradients of arguments.
      seeds: the outputs whose gradients `backward` takes, by their index.
      taken: the outputs of `forward` that `backward` takes after them, by their index.
      given: for each argument of the function, inputs and then handles, which output of `backward` is its gradient;
        None where the outputs do not depend on it, or its dtype has no gradients.
    """

    forward: Function
    backward: Function
    seeds: tuple[int, ...]
    taken: tuple[int, ...]
    given: tuple[int | None, ...]
