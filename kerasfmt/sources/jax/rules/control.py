"""Loops and branches.

Source: jax/_src/lax/control_flow/loops.py and conditionals.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Function, Value, emit, ops
from kerasfmt.graph.ops.control import common_shape
from kerasfmt.nn.loops import collecting_loop
from kerasfmt.nn.shapes import as_value
from kerasfmt.sources.jax.rule import Equation, Lowers, UnsupportedPrimitiveError, rule
from kerasfmt.sources.jax.rules.slicing import clamped


@rule("while")
def _while(equation: Equation, *operands: Value) -> Sequence[Value]:
    params = equation.params
    n_cond, n_body = params["cond_nconsts"], params["body_nconsts"]
    cond_consts, body_consts = operands[:n_cond], operands[n_cond : n_cond + n_body]
    carry = list(operands[n_cond + n_body :])
    batched = len(params["cond_jaxpr"].out_avals[0].shape)
    if not carry:
        raise UnsupportedPrimitiveError("a loop that carries nothing")
    lowers = equation.lowers
    sizes = lowers.dimension_values([params["cond_jaxpr"], params["body_jaxpr"]])
    invariants = [*cond_consts, *body_consts, *sizes]
    at = len(carry)

    def parts(values: Sequence[Value]) -> tuple[Lowers, Sequence[Value], Sequence[Value], Sequence[Value]]:
        state, rest = values[:at], values[at:]
        inside = lowers.subgraph(values[0].graph, rest[n_cond + n_body :])
        return inside, state, rest[:n_cond], rest[n_cond : n_cond + n_body]

    def condition(*values: Value) -> Value:
        inside, state, consts, _ = parts(values)
        (goes_on,) = inside.inline(params["cond_jaxpr"], [*consts, *state])
        return ops.reduce_any(goes_on) if batched else goes_on

    def body(*values: Value) -> list[Value]:
        inside, state, cond_values, body_values = parts(values)
        found = inside.inline(params["body_jaxpr"], [*body_values, *state])
        if not batched:
            return found
        (goes_on,) = inside.inline(params["cond_jaxpr"], [*cond_values, *state])
        return [_where_leading(goes_on, new, old, batched) for new, old in zip(found, state, strict=True)]

    return ops.while_loop(condition, body, carry, invariants, name="while")


def _where_leading(goes_on: Value, new: Value, old: Value, axes: int) -> Value:
    """The new value where the loop of that entry of the batch goes on."""
    for _ in range(new.rank - axes):
        goes_on = ops.expand_dims(goes_on, -1)
    return ops.where(goes_on, new, old)


@rule("cond")
def _cond(equation: Equation, index: Value, *operands: Value) -> Sequence[Value]:
    """One of several functions; an index that is too small or too large chooses the first or the last one."""
    branches = list(equation.params["branches"])
    if not equation.results:
        return []
    if index.dtype is dtypes.bool_:
        index = ops.cast(index, dtypes.int32)
    elif index.dtype is not dtypes.int32:
        index = clamped(index, len(branches) - 1)
    sizes = equation.lowers.dimension_values(branches)
    return _chosen(equation.lowers, index, [*operands, *sizes], len(operands), branches)


def _chosen(
    lowers: Lowers, index: Value, arguments: Sequence[Value], count: int, branches: Sequence[Any]
) -> Sequence[Value]:
    """The first function, or one of the others: an If node, which every converter knows.

    Args:
      lowers: the function under construction.
      index: int32 ().
      arguments: the operands of the functions, then symbolic dimensions.
      count: the number of operands.
      branches: the jaxprs.
    """
    if len(branches) == 1:
        return lowers.inline(branches[0], list(arguments[:count]))
    given = [index, *arguments]

    def made(name: str, some: Sequence[Any]) -> Function:
        graph = Builder(name)
        at, *values = (graph.input(v.spec, f"operand_{i}") for i, v in enumerate(given))
        inside = lowers.subgraph(graph, values[count:])
        found = _chosen(inside, ops.subtract(at, np.int32(1)), values, count, some)
        return graph.finish([ops.identity(v) if v in values else v for v in found])

    then, otherwise = made("cond_true", branches[1:]), made("cond_false", branches[:1])
    pairs = list(zip(then.outputs, otherwise.outputs, strict=True))
    return emit(
        "If" if then.stateful or otherwise.stateful else "StatelessIf",
        ops.greater(index, np.int32(0)),
        given,
        name="cond",
        then_branch=then,
        else_branch=otherwise,
        Tout=[v.dtype for v in then.outputs],
        output_shapes=[common_shape([a.shape, b.shape]) for a, b in pairs],
    )


@rule("scan")
def _scan(equation: Equation, *operands: Value) -> Sequence[Value]:
    """A loop over the first axis; results of the steps are collected in lists of tensors."""
    params = equation.params
    lowers, graph = equation.lowers, equation.graph
    n_consts, n_carry = params["num_consts"], params["num_carry"]
    consts, carry = operands[:n_consts], operands[n_consts : n_consts + n_carry]
    rows = operands[n_consts + n_carry :]
    jaxpr = params["jaxpr"]
    length = as_value(graph, lowers.size(params["length"]))
    sizes = lowers.dimension_values([jaxpr])
    collected = equation.results[n_carry:]
    lists = [
        emit("TensorListReserve", equation.vector(r.shape[1:]), length, element_dtype=r.dtype)[0]
        for r in collected
    ]
    at_rows, at_sizes = n_consts, n_consts + len(rows)

    def step(
        place: Value, state: Sequence[Value], rest: Sequence[Value]
    ) -> tuple[Sequence[Value], Sequence[Value]]:
        inside = lowers.subgraph(place.graph, rest[at_sizes:])
        current = [ops.gather(x, place) for x in rest[at_rows:at_sizes]]
        found = inside.inline(jaxpr, [*rest[:at_rows], *state, *current])
        return found[:n_carry], found[n_carry:]

    carried, filled = collecting_loop(
        step,
        carry,
        lists,
        [*consts, *rows, *sizes],
        length,
        backwards=bool(params["reverse"]),
        name="scan",
    )
    stacked: list[Value] = []
    for handle, result in zip(filled, collected, strict=True):
        count = -1 if result.known[0] is None else result.known[0]
        shape = equation.vector(result.shape[1:])
        stacked += emit("TensorListStack", handle, shape, element_dtype=result.dtype, num_elements=count)
    return [*carried, *stacked]
