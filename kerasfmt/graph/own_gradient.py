"""Functions whose gradient another function computes, as `tf.custom_gradient` makes them.

    function(arguments)
      results     of its own
      IdentityN   (results and arguments of floats), which names its gradient
    gradient(gradient of each output of IdentityN), captures the arguments inside of the function
      nothing for each result, then the gradient of each argument

TensorFlow differentiates a call of the function by IdentityN alone.

Source: tensorflow/python/ops/custom_gradient.py, _graph_mode_decorator; tensorflow/python/saved_model/save.py,
_trace_gradient_functions
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kerasfmt.graph.builder import Builder
from kerasfmt.graph.function import Function, own_gradient
from kerasfmt.graph.resource import InnerTensor
from kerasfmt.graph.spec import Spec
from kerasfmt.graph.value import GRADIENT, Node, Value


def with_own_gradient(
    name: str,
    specs: Sequence[Spec],
    forward: Callable[[Sequence[Value]], Sequence[Value]],
    backward: Callable[[Sequence[Value], Sequence[Value]], Sequence[Value]],
) -> Function:
    """A function with a gradient of its own.

    Args:
      name: its name.
      specs: the Specs of its arguments.
      forward: gives the results for the arguments.
      backward: gives the gradients of the arguments of floats, for the arguments and the gradients of the results of
        floats. TensorFlow may give zeros of one element along dimensions that are not known.
    """
    graph = Builder(name)
    arguments = [graph.input(spec, spec.name or f"argument_{place}") for place, spec in enumerate(specs)]
    results = list(forward(arguments))
    differentiated = [place for place, value in enumerate(results) if _is_float(value)]
    floats = [value for value in arguments if _is_float(value)]
    marked = graph.emit("IdentityN", [*(results[place] for place in differentiated), *floats])

    gradient = Builder(f"{name}_gradient")
    given = [gradient.input(value.spec, f"result_grads_{place}") for place, value in enumerate(marked)]
    held = [InnerTensor(f"{value.node.name}:0", value.dtype, None) for value in arguments]
    inside = [gradient.capture(tensor, tensor.name) for tensor in held]
    for value, argument in zip(inside, arguments, strict=True):
        value.set_shape(argument.shape)
    found = gradient.finish(backward(inside, given[: len(differentiated)]))

    node = marked[0].node
    node.attrs = {**node.attrs, GRADIENT: found}
    for place, value in zip(differentiated, marked, strict=False):
        results[place] = value
    made = graph.finish(results, make_companions=lambda: (found,))
    for tensor in held:
        tensor.holder = made
    return made


def _is_float(value: Value) -> bool:
    return value.dtype.is_floating or value.dtype.is_complex


def own_gradients(functions: Iterable[Function]) -> dict[Function, Node]:
    """The functions that compute gradients of nodes, in functions and in all that these run; each with its node.

    Args:
      functions: the functions.
    """
    pending, met = list(functions), set[Function]()
    found: dict[Function, Node] = {}
    while pending:
        function = pending.pop()
        if function in met:
            continue
        met.add(function)
        for node in function.nodes:
            gradient = own_gradient(node)
            if gradient is not None:
                found[gradient] = node
        pending += [site.callee for site in function.call_sites]
        pending += function.companions
    return found
