"""The code of live layers as functions of JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.sources.live.jax_trace import Untraceable, line_of_code, traced
from tests.sources.live.jax_layers import gate, layer_of, modules, network

pytestmark = pytest.mark.filterwarnings("ignore")
ROWS = Spec((None, 4), dtypes.float32)
STEPS = Spec((None, None, 4), dtypes.float32)


def test_what_the_code_gives() -> None:
    _, jax = modules()
    live = gate()
    network(live)
    found = traced(jax, live, ROWS, {}, True)
    assert found.structure == {"all": None, "some": [None]}
    assert [variable.path.rpartition("/")[2] for variable in found.assigned] == [
        "steps", "seed_generator_state", "moving_mean", "moving_variance"
    ]  # fmt: skip
    assert [str(aval.shape) for aval in found.closed.out_avals[:2]] == ["(batch, 4)", "(batch,)"]
    assert len(found.closed.out_avals) == 2 + 4 + 1
    assert found.variables == live.variables
    assert list(found.seeds) == [id(live.seed.state)]


def test_variables_that_no_attribute_holds_are_found() -> None:
    keras, jax = modules()
    other = keras.Variable(np.ones(4, np.float32), name="other")
    live = layer_of(lambda x: jax.numpy.tanh(x) * other)
    network(live)
    found = traced(jax, live, ROWS, {}, None)
    assert found.variables == [other]
    assert "test_jax_trace.py" in found.lines[id(other)]


def test_sizes_have_symbols_of_their_own_where_the_code_lets_them() -> None:
    _, jax = modules()
    live = layer_of(lambda xs: jax.numpy.einsum("btk,bsk->bts", *xs))
    network(live, (None, 4), (None, 4))
    found = traced(jax, live, [STEPS, STEPS], {}, None)
    assert [str(d) for d in found.closed.out_avals[0].shape] == ["batch", "b0_1", "b1_1"]
    live = layer_of(lambda xs: jax.numpy.tanh(xs[0]) + xs[1])
    network(live, (None, 4), (None, 4))
    found = traced(jax, live, [STEPS, STEPS], {}, None)
    assert [str(d) for d in found.closed.out_avals[0].shape] == ["d0", "d1", "4"]


REFUSED: list[tuple[str, Callable[[Any, Any], Callable[[Any], Any]], str, str]] = [
    ("a branch", lambda keras, jax: lambda x: x if jax.numpy.sum(x) > 0 else -x, "Tracer", "jax.lax.cond"),
    ("numpy", lambda keras, jax: lambda x: jax.numpy.asarray(np.sort(x)), "Tracer", "in the place of NumPy"),
    ("a size", lambda keras, jax: lambda x: x[: 5 if x.shape[0] > 3 else 1], "Inconclusive", "known sizes"),
    (
        "no seed",
        lambda keras, jax: lambda x: x + keras.random.normal(x.shape),
        "without a seed",
        "SeedGenerator",
    ),
    ("its own error", lambda keras, jax: lambda x: x @ x, "TypeError", "functions of JAX"),
    ("nothing", lambda keras, jax: lambda x: None, "it returns None", "return tensors alone"),
]


@pytest.mark.parametrize(
    ("make", "said", "advice"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_jax_cannot_trace(make: Any, said: str, advice: str) -> None:
    keras, jax = modules()
    live = layer_of(make(keras, jax))
    live.build((None, 4))
    with pytest.raises(Untraceable, match=said) as caught:
        traced(jax, live, ROWS, {}, None)
    assert advice in caught.value.advice
    assert "test_jax_trace.py" in caught.value.line or said == "it returns None"
    assert "The error occurred while tracing" not in str(caught.value)


def test_inputs_that_jax_cannot_have() -> None:
    _, jax = modules()
    live = layer_of(jax.numpy.tanh)
    live.build((None, 4))
    with pytest.raises(Untraceable, match="no known rank"):
        traced(jax, live, Spec(None, dtypes.float32), {}, None)
    with pytest.raises(Untraceable, match="has texts"):
        traced(jax, live, Spec((None,), dtypes.string), {}, None)


def test_variables_that_are_made_in_the_call() -> None:
    keras, jax = modules()

    class Late(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def build(self, shape: Any) -> None:
            self.built = True

        def call(self, x: Any) -> Any:
            return self.dense(jax.numpy.tanh(x))

    live = Late()
    live.build((None, 4))
    with pytest.raises(Untraceable, match="makes variables while it is called"):
        traced(jax, live, ROWS, {}, None)


def test_the_line_of_a_method() -> None:
    assert line_of_code(test_the_line_of_a_method).endswith(
        f"test_jax_trace.py:{test_the_line_of_a_method.__code__.co_firstlineno}"
    )
