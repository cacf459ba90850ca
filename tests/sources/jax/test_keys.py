"""Random keys: the axis of their words is added to the parameters of primitives."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.sources.jax.keys import is_key
from tests.sources.jax.jax_tests import Case, check
from tests.sources.jax.rules.test_random import CASES

jax = pytest.importorskip("jax")


def test_keys_are_told_from_words() -> None:
    assert is_key(jax.random.key(0))
    assert not is_key(jax.random.PRNGKey(0))
    assert not is_key(3)


@pytest.mark.parametrize("case", [case for case in CASES if case.name == "arrays-of-keys"], ids=str)
def test_arrays_of_keys(case: Case) -> None:
    check(case)


def test_a_primitive_that_takes_no_keys_is_named() -> None:
    import kerasfmt
    from kerasfmt.errors import UnsupportedLayerError

    def function(s: Any) -> Any:
        keys = jax.random.split(jax.random.key(s), 4)
        return jax.random.key_data(keys.at[1].set(keys[0]))

    with pytest.raises(UnsupportedLayerError, match="scatter: random keys"):
        kerasfmt.from_jax(function, inputs={"s": "int32[]"})
