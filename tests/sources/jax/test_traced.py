"""Functions that are traced: only the parameters that are used are read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError

jax = pytest.importorskip("jax")


def test_only_what_is_used_is_captured() -> None:
    params = {"used": np.ones(2, "f"), "unused": np.ones(3, "f")}
    served = kerasfmt.from_jax(lambda p, x: x * p["used"], params, {"x": "float32[b, 2]"})
    (trace,) = served._called.traces
    assert [c.name for c in trace.function.captured] == ["used"]
    assert [w.name for w in served.variables] == ["unused", "used"]


def test_python_that_depends_on_a_value_is_refused() -> None:
    def function(x: Any) -> Any:
        return x if x.sum() > 0 else -x

    with pytest.raises(InvalidModelError, match="JAX cannot trace it"):
        kerasfmt.from_jax(function, inputs={"x": "float32[2]"})


def test_errors_of_the_function_itself_come_through() -> None:
    def function(x: Any) -> Any:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        kerasfmt.from_jax(function, inputs={"x": "float32[2]"})
