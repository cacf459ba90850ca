"""Functions whose derivative the user states: the graph in NumPy gives what JAX gives, and names their gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.graph.own_gradient import own_gradients
from tests.sources.jax.jax_tests import Case, check, normal


def _round(jax: Any, jnp: Any) -> Callable[[Any], Any]:
    """Rounds, with another gradient."""

    @jax.custom_vjp
    def rounded(x: Any) -> Any:
        return jnp.round(x)

    rounded.defvjp(lambda x: (jnp.round(x), x), lambda x, g: (g * jnp.cos(x),))
    return rounded  # type: ignore[no-any-return]


def _product(jax: Any, jnp: Any) -> Callable[[Any, Any], Any]:
    """sin(x) * y, with another derivative, which is made of the function itself."""

    @jax.custom_jvp
    def product(x: Any, y: Any) -> Any:
        return jnp.sin(x) * y

    @product.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        (x, y), (dx, dy) = primals, tangents
        return product(x, y), 2 * dx * y + x * dy

    return product  # type: ignore[no-any-return]


def _scaled(jax: Any, jnp: Any) -> Callable[[Any, int], Any]:
    """A function of an argument that is no array, with a result of whole numbers."""

    @partial(jax.custom_vjp, nondiff_argnums=(1,))
    def scaled(x: Any, k: int) -> Any:
        return {"a": x * k, "b": x.astype(jnp.int32)}

    scaled.defvjp(lambda x, k: (scaled(x, k), x), lambda k, x, g: (g["a"] * 7 + x,))
    return scaled  # type: ignore[no-any-return]


def both(jax: Any, jnp: Any) -> Callable[..., Any]:
    """All of them, one after the other."""

    def function(w: Any, x: Any) -> Any:
        h = _round(jax, jnp)(x @ w) + _product(jax, jnp)(x @ w, 1.5)
        return h + _scaled(jax, jnp)(h, 3)["a"]

    return function


def in_loops(jax: Any, jnp: Any) -> Callable[..., Any]:
    """In the body of a scan and of a loop, and in branches."""
    rounded, product = _round(jax, jnp), _product(jax, jnp)

    def function(w: Any, x: Any) -> Any:
        def body(c: Any, _: Any) -> Any:
            c = jnp.tanh(rounded(c @ w * 2) + c)
            return c, product(c, c)

        c, rows = jax.lax.scan(body, x, None, length=2)
        c = jax.lax.fori_loop(0, 2, lambda _, c: jnp.sin(rounded(c @ w) + c), c) + rows.sum(0)
        return jax.lax.cond(c.sum() > 0, lambda a: rounded(a @ w * 3), lambda a: product(a @ w, a), c)

    return function


DIFFERENTIATED = {"both": both, "in-loops": in_loops}
"""Functions of a matrix and of rows; conformance compares their gradients in TensorFlow."""
W, X = normal(4, 4), normal(3, 4, seed=1)
CASES = [
    Case(f"custom-{name}", make, (W, X), ("float32[4, 4]", "float32[b, 4]"), 1e-5)
    for name, make in DIFFERENTIATED.items()
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_jax(case: Case) -> None:
    check(case)


def served(make: Callable[[Any, Any], Callable[..., Any]]) -> Any:
    jax = pytest.importorskip("jax")
    function = make(jax, jax.numpy)
    return kerasfmt.from_jax(lambda p, x: function(p["w"], x), {"w": W}, {"x": "float32[b, 4]"})


def gradients_in(model: Any) -> int:
    return len(own_gradients(trace.function for trace in model._called.traces))


def test_each_function_has_its_gradient(tmp_path: Path) -> None:
    model = served(both)
    assert gradients_in(model) == 3
    kerasfmt.save_model(model, tmp_path / "m")
    again = kerasfmt.load_graph_model(tmp_path / "m")
    kerasfmt.save_model(again, tmp_path / "again")
    first, second = (
        (tmp_path / name / "saved_model.pb").read_bytes().count(b"CustomGradient-") for name in ("m", "again")
    )
    assert first == second == 6  # each by its node and by the library


def test_what_jax_differentiates_itself_has_none() -> None:
    assert gradients_in(served(lambda jax, jnp: lambda w, x: jax.nn.relu(x @ w))) == 0


def test_a_gradient_without_rules_is_refused_where_it_is_used() -> None:
    jax = pytest.importorskip("jax")

    @jax.custom_vjp
    def double(x: Any) -> Any:
        return x * 2

    double.defvjp(lambda x: (x * 2, None), lambda _, g: (jax.pure_callback(np.sin, g, g),))
    model = served(lambda jax, jnp: lambda w, x: double(x @ w))
    np.testing.assert_allclose(model(X), X @ W * 2, atol=1e-5)
    (node,) = (n for n in model._called.traces[0].function.nodes if n.op == "PreventGradient")
    assert node.attrs["message"] == "the gradient of double was not saved: no rule for pure_callback"


def test_code_that_fails_is_refused_where_it_is_used() -> None:
    jax = pytest.importorskip("jax")

    @jax.custom_vjp
    def double(x: Any) -> Any:
        return x * 2

    def fails(_: Any, g: Any) -> Any:
        raise RuntimeError("no gradient here")

    double.defvjp(lambda x: (x * 2, None), fails)
    model = served(lambda jax, jnp: lambda w, x: double(x @ w))
    (node,) = (n for n in model._called.traces[0].function.nodes if n.op == "PreventGradient")
    assert "RuntimeError: no gradient here" in node.attrs["message"]
