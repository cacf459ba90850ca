"""Functions whose derivative the user states, `jax.custom_vjp` and `jax.custom_jvp`: TensorFlow differentiates them so.

Each becomes a function of its own, and its backward pass another one, which computes the forward pass anew. The
backward pass is made of plain ops, so a second derivative is theirs. What has no rule in the backward pass does not
stand in the way of the forward pass: TensorFlow then says why it has no gradient.

Source: jax/_src/custom_derivatives.py, custom_jvp_call_p and custom_vjp_call_p.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kerasfmt.errors import KerasfmtError
from kerasfmt.graph import Builder, Spec, Value, emit_one
from kerasfmt.graph.own_gradient import with_own_gradient
from kerasfmt.sources.jax.rule import Aval, Equation, Lowers, aval_of, graph_broadcast, rule
from kerasfmt.sources.jax.rules.recognized import activation, name_of


@rule("custom_jvp_call", "custom_vjp_call")
def _custom(equation: Equation, *operands: Value) -> Sequence[Value]:
    found = activation(equation, *operands)
    if found is not None:
        return [found]
    body, count = equation.params["call_jaxpr"], len(operands)
    floats = [place for place, aval in enumerate(equation.avals) if _has_tangent(aval)]
    results = [place for place, aval in enumerate(equation.results) if _is_float(aval)]
    if not floats or not results or equation.apply is None or equation.lowers.is_backward:
        return equation.lowers.inline(body, operands)
    closed, why = _backward(equation, floats, results)
    lowers = equation.lowers
    sizes = lowers.dimension_values([body, *([] if closed is None else [closed])])
    given = [*operands, *sizes]

    def forward(values: Sequence[Value]) -> Sequence[Value]:
        return lowers.subgraph(values[0].graph, values[count:]).inline(body, values[:count])

    def backward(values: Sequence[Value], seeds: Sequence[Value]) -> Sequence[Value]:
        assert closed is not None
        within, _ = lowers.backward(values[0].graph, values[count:])
        wanted = [_whole(within, seed, equation.results[at]) for seed, at in zip(seeds, results, strict=True)]
        return within.inline(closed, [*values[:count], *wanted])

    name = re.sub(r"\W", "_", name_of(body)).strip("_") or "custom"
    if closed is not None:
        why = _refusal(lowers, closed, given, count)
    if why:
        message = f"the gradient of {name} was not saved: {why}"
        found_values = lowers.inline(body, operands)
        return [
            emit_one("PreventGradient", value, message=message) if place in results else value
            for place, value in enumerate(found_values)
        ]
    specs = [Spec(value.shape, value.dtype, f"argument_{place}") for place, value in enumerate(given)]
    function = with_own_gradient(name, specs, forward, backward)
    return equation.graph.call(function, given)


def _backward(equation: Equation, floats: Sequence[int], results: Sequence[int]) -> tuple[Any, str]:
    """The closed jaxpr of the gradients of operands, for all and the gradients of results; or why there is none."""
    from kerasfmt.sources.jax.library import jax

    vjp, apply = jax().vjp, equation.apply
    assert apply is not None
    count = len(equation.avals)

    def gradients(*given: Any) -> Any:
        operands, seeds = list(given[:count]), given[count:]

        def of_floats(*some: Any) -> list[Any]:
            for place, value in zip(floats, some, strict=True):
                operands[place] = value
            found = apply(*operands)
            return [found[place] for place in results]

        _, pull = vjp(of_floats, *(operands[place] for place in floats))
        return pull(list(seeds))

    seeds = [equation.made.outvars[place].aval for place in results]
    try:
        return equation.lowers.traced(gradients, [*equation.avals, *seeds]), ""
    except Exception as error:  # code of the user's, which serving does not need
        return None, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _refusal(lowers: Lowers, closed: Any, given: Sequence[Value], count: int) -> str:
    """What stands in the way of a backward pass; empty if nothing does."""
    graph = Builder("trial")
    values = [graph.input(value.spec) for value in given]
    inside, faults = lowers.backward(graph, values[count:])
    seeds = [graph.input(Spec(aval_of(aval).known, aval_of(aval).dtype)) for aval in closed.in_avals[count:]]
    try:
        inside.inline(closed, [*values[:count], *seeds])
    except KerasfmtError as error:
        return str(error)
    return f"no rule for {'; '.join(sorted(faults))}" if faults else ""


def _whole(lowers: Lowers, seed: Value, aval: Aval) -> Value:
    """The gradient of a result; TensorFlow may give zeros of one element along dimensions that are not known."""
    if None not in aval.known:
        return seed
    found = graph_broadcast(seed, [lowers.size(dim) for dim in aval.shape])
    found.set_shape(aval.known)
    return found


def _is_float(aval: Aval) -> bool:
    return aval.dtype.is_floating or aval.dtype.is_complex


def _has_tangent(aval: Any) -> bool:
    return hasattr(aval, "dtype") and getattr(aval.dtype, "_impl", None) is None and _is_float(aval_of(aval))
