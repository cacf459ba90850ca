"""JAX is imported when it is asked for; without it the error says what to install."""

from __future__ import annotations

import sys

import pytest

from kerasfmt.sources.jax.library import applied, jax, own_function


def test_without_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"pip install kerasfmt\[jax\]"):
        jax()


def test_with_jax() -> None:
    module = pytest.importorskip("jax")
    assert jax() is module
    assert hasattr(jax(), "export")


def test_an_equation_for_other_operands() -> None:
    module = pytest.importorskip("jax")
    (equation,) = module.make_jaxpr(lambda x: x * 2.0)(1.0).jaxpr.eqns
    (found,) = applied(equation, 3.0, 2.0)
    assert found == 6.0


def test_a_function_that_a_version_may_lack() -> None:
    assert own_function("no.such.module:name", "math:sqrt") is __import__("math").sqrt
    assert own_function("math:no_such_function") is None
