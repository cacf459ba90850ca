"""Parameters as variables, named by their paths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.sources.jax.parameters import Parameters

jax = pytest.importorskip("jax")
jnp = jax.numpy


def names(tree: Any, trainable: Any = True) -> dict[str, Any]:
    return {weight.name: weight for weight in Parameters(jax, tree, trainable).variables}


def test_each_array_is_a_variable_of_its_path() -> None:
    found = names({"a": [np.ones(2, "f"), (jnp.zeros(3),)], "b/c": {"d": np.int32(4)}})
    assert list(found) == ["a/0", "a/1/0", "b_c/d"]
    assert [w.shape for w in found.values()] == [(2,), (3,), ()]
    assert [w.trainable for w in found.values()] == [True, True, False]


def test_an_array_that_is_used_twice_is_one_variable() -> None:
    shared = jnp.ones((2, 2))
    served = kerasfmt.from_jax(
        lambda p, x: x @ p["in"] @ p["out"], {"in": shared, "out": shared}, {"x": "float32[b, 2]"}
    )
    assert [w.name for w in served.variables] == ["in"]


@pytest.mark.parametrize(
    "dtype", ["bfloat16", "float16", "float8_e4m3fn", "float8_e5m2", "int4", "uint8", "bool"]
)
def test_dtypes(dtype: str) -> None:
    (weight,) = names({"w": jnp.ones(3, dtype)}).values()
    assert weight.dtype is dtypes.of(dtype)
    assert weight.numpy().astype("f").tolist() == [1, 1, 1]


def test_random_keys_are_their_words() -> None:
    def function(params: Any, x: Any) -> Any:
        return x + jax.random.uniform(params["key"], (3,))

    params = {"key": jax.random.key(7)}
    served = kerasfmt.from_jax(function, params, {"x": "float32[3]"})
    assert served.variables[0].dtype is dtypes.uint32
    assert not served.variables[0].trainable
    np.testing.assert_allclose(served(np.zeros(3, "f")), function(params, np.zeros(3, "f")), atol=1e-6)


def test_what_is_no_array_stays() -> None:
    served = kerasfmt.from_jax(
        lambda p, x: x * p["scale"] if p["on"] else x, {"scale": 3.0, "on": True}, {"x": "float32[b]"}
    )
    assert served.variables == []
    assert served(np.ones(2, "f")).tolist() == [3, 3]


def test_trainable_is_a_bool_or_a_tree_of_them() -> None:
    tree = {"a": {"x": jnp.ones(1), "y": jnp.ones(1)}, "b": jnp.ones(1)}
    found = names(tree, {"a": False, "b": True})
    assert [w.trainable for w in found.values()] == [False, False, True]
    with pytest.raises(InvalidModelError, match="trainable: expected a bool"):
        names(tree, {"a": True})


def test_a_deleted_array_is_refused() -> None:
    array = jnp.ones(2)
    array.delete()
    with pytest.raises(InvalidModelError, match="params w: the array was deleted"):
        names({"w": array})


def test_a_large_array_that_a_function_closes_over_is_a_variable() -> None:
    table = jnp.arange(2000.0)
    served = kerasfmt.from_jax(lambda x: x + table + np.ones(3, "f").sum(), inputs={"x": "float32[2000]"})
    assert [(w.name, w.shape, w.trainable) for w in served.variables] == [("constants/0", (2000,), False)]
    np.testing.assert_array_equal(served(np.zeros(2000, "f")), np.arange(2000.0) + 3)
