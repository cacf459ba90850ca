"""What converters know as one op is found: softmax, its logarithm, means, gelu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kerasfmt
from tests.sources.jax.jax_tests import normal

jax = pytest.importorskip("jax")
jnp = jax.numpy


def ops_of(function: Callable[..., Any], x: Any) -> set[str]:
    """The ops of the graph, whose results are those of JAX."""
    served = kerasfmt.from_jax(function, inputs={"x": x})
    np.testing.assert_allclose(served(x), function(x), atol=2e-6)
    (trace,) = served._called.traces
    return {node.op for node in trace.function.nodes}


@pytest.mark.parametrize(
    ("function", "op"),
    [
        (lambda x: jax.nn.softmax(x), "Softmax"),
        (lambda x: jax.nn.log_softmax(x), "LogSoftmax"),
        (lambda x: x.mean(1), "Mean"),
        (lambda x: x.mean((0, 2), keepdims=True), "Mean"),
    ],
)
def test_one_op(function: Callable[..., Any], op: str) -> None:
    found = ops_of(function, normal(3, 4, 5))
    assert op in found
    assert found.isdisjoint({"Exp", "Log", "Sum", "RealDiv", "Max"})


def test_another_axis_is_no_softmax() -> None:
    assert "Softmax" not in ops_of(lambda x: jax.nn.softmax(x, 0), normal(3, 4))


def test_a_sum_over_another_number_is_no_mean() -> None:
    assert "Mean" not in ops_of(lambda x: x.sum(1) / 3, normal(3, 4))


@pytest.mark.parametrize("approximate", [True, False])
def test_gelu_as_tensorflow_writes_it(approximate: bool) -> None:
    found = ops_of(lambda x: jax.nn.gelu(x, approximate=approximate), normal(3, 4) * 3)
    assert ({"Pow", "Tanh"} if approximate else {"Erf", "RealDiv"}) <= found


def test_a_product_that_looks_like_gelu_is_none() -> None:
    assert "Pow" not in ops_of(
        lambda x: x * (0.5 * (1 + jnp.tanh(0.9 * (x + 0.044715 * x**3)))), normal(3, 4)
    )
