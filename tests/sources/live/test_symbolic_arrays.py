"""Arrays made for sizes that are not known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.sources.live.symbolic_arrays import completed, follows, making, shape_of, spreading


@pytest.mark.parametrize("value", [83, 84, 166, [1, [83]], (81,), np.int64(83)])
def test_what_follows_from_a_size(value: Any) -> None:
    assert follows(value, [83])


@pytest.mark.parametrize("value", [0, 1, 80, 120, True, 83.0, "83", None, [1, 2]])
def test_what_does_not(value: Any) -> None:
    assert not follows(value, [83])


ARGUMENTS: list[tuple[str, dict[str, Any], dict[str, Any], tuple[int, ...]]] = [
    ("arange", {"start": 5}, {"start": 0, "stop": 5, "step": 1, "dtype": "int32"}, (5,)),
    ("arange", {"start": 1.0, "stop": 4}, {"start": 1.0, "stop": 4, "step": 1, "dtype": "float32"}, (3,)),
    ("zeros", {"shape": 3}, {"shape": (3,), "dtype": "float32"}, (3,)),
    (
        "full",
        {"shape": [2, 3], "fill_value": 7},
        {"shape": (2, 3), "fill_value": 7, "dtype": "float32"},
        (2, 3),
    ),
    ("eye", {"N": 2, "dtype": "int32"}, {"N": 2, "M": 2, "k": 0, "dtype": "int32"}, (2, 2)),
]


@pytest.mark.parametrize(("name", "given", "full", "shape"), ARGUMENTS)
def test_arguments(name: str, given: dict[str, Any], full: dict[str, Any], shape: tuple[int, ...]) -> None:
    assert completed(name, given, "float32") == full
    assert shape_of(name, full) == shape


def test_functions_in_the_place_of_those_of_keras() -> None:
    known: list[Any] = [[83]]
    make = making("zeros", np.zeros, lambda *found: found, lambda: known[0], "float32")
    assert make((83, 2)) == ("zeros", {"shape": (83, 2), "dtype": "float32"}, (83, 2))
    assert isinstance(make((4, 2)), np.ndarray)

    class Operations:
        class Tile:
            def __init__(self, **options: Any) -> None:
                self.options = options

            def symbolic_call(self, x: Any) -> Any:
                return x, self.options

    spread = spreading("tile", np.tile, Operations, lambda: known[0])
    assert spread("x", [83, 1]) == ("x", {"repeats": [83, 1]})
    assert spread([1], 2).tolist() == [1, 1]
    known[0] = None
    assert isinstance(make((83, 2)), np.ndarray)
    assert len(spread([1], 83)) == 83
