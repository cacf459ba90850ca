"""The outputs of a function: structure and names."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError

jax = pytest.importorskip("jax")


class Pair(NamedTuple):
    second: Any
    first: Any


def names(tree: Any, outputs: Any = None) -> list[str]:
    model = kerasfmt.from_jax(lambda x: tree(x), inputs={"x": "float32[2]"}, outputs=outputs)
    return list(model.signatures["serving_default"].outputs)


def test_names_are_the_keys() -> None:
    assert names(lambda x: x + 1) == ["output_0"]
    assert names(lambda x: (x + 1, [x * 2])) == ["output_0", "output_1_0"]
    assert names(lambda x: {"b": x, "a": {"c": x * 2, "d": (x,)}}) == ["a_c", "a_d_0", "b"]
    assert names(lambda x: {"b": x, "a": x * 2}, ["one", "two"]) == ["one", "two"]


def test_structures_come_back() -> None:
    model = kerasfmt.from_jax(
        lambda x: {"p": Pair(x, x * 2), "n": None, "l": [x + 1]}, inputs={"x": "float32[2]"}
    )
    found = model(np.ones(2, "f"))
    assert found["p"]["second"].tolist() == [1, 1]
    assert found["p"]["first"].tolist() == [2, 2]
    assert found["l"][0].tolist() == [2, 2]


def test_what_is_refused() -> None:
    with pytest.raises(InvalidModelError, match="gives no array"):
        names(lambda x: None)
    with pytest.raises(InvalidModelError, match="two have one name"):
        names(lambda x: {"a": {"b": x}, "a_b": x})
    with pytest.raises(InvalidModelError, match="expected 1 names"):
        names(lambda x: x, ["a", "b"])
