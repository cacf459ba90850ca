"""The forward and the backward function of a function.

Source: tensorflow/python/eager/polymorphic_function/atomic_function.py and monomorphic_function.py,
_DelayedRewriteGradientFunctions.
"""

from __future__ import annotations

from dataclasses import dataclass

from kerasfmt import dtypes
from kerasfmt.gradient.backpropagation import gradients
from kerasfmt.gradient.backward_graph import BackwardGraph, is_trainable
from kerasfmt.gradient.forward_graph import ForwardGraph
from kerasfmt.graph import Function, Spec, Value


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


def forward_backward(function: Function, around: BackwardGraph | None = None) -> ForwardBackward:
    """The forward and the backward function of a function, with TensorFlow's order of arguments and results.

    `backward` captures the variables that the gradient needs; TensorFlow takes their handles from `forward`.

    Args:
      function: the function.
      around: the graph of gradients that calls `backward`, if there is one.

    Raises:
      GraphError: the function has an op whose gradient kerasfmt does not know.
    """
    forward = ForwardGraph(function, f"__forward_{function.name}")
    backward = BackwardGraph(f"__backward_{function.name}", forward, around)
    seeds = [i for i, value in enumerate(forward.outputs) if is_trainable(value.dtype)]
    ys = [forward.outputs[i] for i in seeds]
    placeholders = [backward.input(_gradient_spec(y), "placeholder") for y in ys]
    found = gradients(backward, ys, forward.parameters, placeholders)
    given: list[int | None] = []
    results: list[Value] = []
    for grad in found:
        given.append(None if grad is None else len(results))
        results += [] if grad is None else [grad]
    taken = [v for v in backward.captured if v.dtype is not dtypes.resource]
    count = len(forward.outputs)
    return ForwardBackward(
        forward.finished([*forward.outputs, *taken]),
        backward.finish(results),
        tuple(seeds),
        tuple(range(count, count + len(taken))),
        tuple(given),
    )


def _gradient_spec(value: Value) -> Spec:
    """What the gradient of an output is; that of a handle is the gradient of its variable."""
    if value.dtype is dtypes.resource:
        variable = value.graph.variable_of(value)
        return Spec(variable.shape, variable.dtype)
    return value.spec
