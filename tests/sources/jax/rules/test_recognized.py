"""Activations of jax.nn become the ops that converters fuse; other functions of their names do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from tests.sources.jax.jax_tests import FLOATS

jax = pytest.importorskip("jax")
jnp = jax.numpy


def ops_of(served: Any) -> set[str]:
    (trace,) = served._called.traces
    return {node.op for node in trace.function.nodes}


@pytest.mark.parametrize(
    ("name", "op"), [("relu", "Relu"), ("relu6", "Relu6"), ("elu", "Elu"), ("silu", "Sigmoid")]
)
def test_activations(name: str, op: str) -> None:
    function = getattr(jax.nn, name)
    served = kerasfmt.from_jax(function, inputs={"x": FLOATS})
    assert op in ops_of(served)
    np.testing.assert_allclose(served(FLOATS), function(FLOATS), atol=1e-6)


def test_another_function_of_that_name() -> None:
    @jax.jit
    def relu(x: Any) -> Any:
        return jnp.maximum(x, 1.0)

    served = kerasfmt.from_jax(lambda x: relu(x), inputs={"x": FLOATS})
    assert "Relu" not in ops_of(served)
    np.testing.assert_array_equal(served(FLOATS), relu(FLOATS))
