"""What describes the inputs of a function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.sources.jax.inputs import Arguments, Scope

jax = pytest.importorskip("jax")


def arguments(inputs: Any, constraints: Any = ()) -> Arguments:
    return Scope(jax, constraints).arguments(inputs)


def described(inputs: Any) -> list[str]:
    found = arguments(inputs).tensors
    return [f"{t.name}: {t.dtype.name}[{', '.join(map(str, t.shape))}]" for t in found]


def test_texts_specs_structs_and_arrays() -> None:
    given = {
        "text": "float32[b, 2*t, 64]",
        "scalar": "int32",
        "spec": kerasfmt.Spec((None, None, 3), dtypes.bfloat16),
        "struct": jax.ShapeDtypeStruct((2, 3), "uint8"),
        "array": np.zeros((4,), np.int16),
    }
    assert described(given) == [
        "text: float32[b, 2*t, 64]",
        "scalar: int32[]",
        "spec: bfloat16[batch, spec_1, 3]",
        "struct: uint8[2, 3]",
        "array: int16[4]",
    ]


def test_structures_are_named_by_their_places() -> None:
    given = {"x": {"b": "int32[n]", "a": ("float32[]", ["float32[n]"])}, "y": "bool[2]"}
    assert described(given) == ["x_a_0: float32[]", "x_a_1_0: float32[n]", "x_b: int32[n]", "y: bool[2]"]
    assert arguments(given).names == ["x", "y"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["float32[b]"], "expected a dict of the arguments' names"),
        ({"x": "float32(b)"}, "input x: expected dtype"),
        ({"x": "float31[b]"}, "input x: "),
        ({"x": "float32[b?]"}, "input x: dimensions"),
        ({"x": 3}, "input x: expected 'float32"),
        ({"x": kerasfmt.Spec(None, dtypes.float32)}, "its rank is not known"),
        ({"x": ["float32"], "x_0": "float32"}, "two tensors have one name"),
    ],
)
def test_what_is_refused(given: Any, said: str) -> None:
    with pytest.raises(InvalidModelError, match=said):
        arguments(given)


def test_a_constraint_that_jax_does_not_take() -> None:
    with pytest.raises(InvalidModelError, match="constraints"):
        Scope(jax, ["b !"])
