"""The forward and the backward function of a function.

Source: tensorflow/python/eager/polymorphic_function/concrete_function.py, _DelayedRewriteGradientFunctions.
"""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.gradient.backpropagation import gradients
from kerasfmt.gradient.backward_graph import BackwardGraph, is_trainable
from kerasfmt.gradient.forward_graph import ForwardGraph
from kerasfmt.gradient.indexed_slices import IndexedSlices
from kerasfmt.gradient.pair import ForwardBackward, Slices
from kerasfmt.graph import Function, Spec, Value


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
    given: list[int | Slices | None] = []
    results: list[Value] = []
    for grad in found:
        place = len(results)
        if isinstance(grad, IndexedSlices):
            given.append(Slices(place, place + 1, place + 2))
            results += [grad.values, grad.indices, grad.dense_shape]
        else:
            given.append(None if grad is None else place)
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
