"""The graph of a function: biases are added without a broadcast, constants are computed, lines are named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from tests.sources.jax.jax_tests import normal

jax = pytest.importorskip("jax")
jnp = jax.numpy


def graph_of(function: Any, params: Any = None, **inputs: str) -> Any:
    (trace,) = kerasfmt.from_jax(function, params, inputs)._called.traces
    return trace.function


def test_a_dense_layer_is_two_ops() -> None:
    params = {"w": normal(4, 3), "b": normal(3)}
    graph = graph_of(lambda p, x: x @ p["w"] + p["b"], params, x="float32[b, 4]")
    assert [n.op for n in graph.nodes] == ["ReadVariableOp", "ReadVariableOp", "MatMul", "AddV2"]


def test_index_arithmetic_is_done_while_the_graph_is_built() -> None:
    graph = graph_of(lambda x: x[:, jnp.array([0, -1])], x="float32[b, 4]")
    assert [n.op for n in graph.nodes if n.op != "Const"] == ["GatherV2"]


def test_a_cipher_is_one_function_however_often_it_is_used() -> None:
    def function(s: Any) -> Any:
        keys = jax.random.split(jax.random.key(s), 5)
        return sum(jax.random.uniform(key, (3,)) for key in keys)

    graph = graph_of(function, s="int32[]")
    callees = {site.callee for site in graph.call_sites}
    assert [callee.name for callee in callees] == ["threefry2x32"]


def test_an_error_inside_of_a_primitive_names_the_line() -> None:
    def function(x: Any) -> Any:
        return jnp.zeros((x.shape[0] * 2,)) + jnp.arange(2**31 // 1024 * x.shape[0])[: 2 * x.shape[0]]

    served = kerasfmt.from_jax(function, inputs={"x": "float32[b]"})
    with pytest.raises(InvalidModelError, match="expected shape"):
        served.signatures["serving_default"](x=np.zeros((1, 1)))


def test_a_switch_of_many_branches_is_built_in_linear_time() -> None:

    def branch(at: int) -> Any:
        def function(x: Any) -> Any:
            return x * at

        return function

    served = kerasfmt.from_jax(
        lambda i, x: jax.lax.switch(i, [branch(at) for at in range(40)], x),
        inputs={"i": "int32[]", "x": "float32[3]"},
    )
    assert served(np.int32(37), np.ones(3, "f")).tolist() == [37, 37, 37]


def test_the_line_is_that_of_the_call_where_functions_of_jax_say_none() -> None:
    for _ in range(2):  # JAX keeps what it traced
        with pytest.raises(UnsupportedLayerError, match=r"no rule for eig \(.*test_lowering.py:\d+\)"):
            kerasfmt.from_jax(lambda x: jnp.linalg.eigvals(x).real, inputs={"x": "float32[3, 3]"})
