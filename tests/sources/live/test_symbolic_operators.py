"""The operators of symbolic tensors beside NumPy's numbers, and at an index that is a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.sources.live.symbolic_operators import operators


class Symbol:
    """A symbolic tensor whose operators say what they get."""

    def __init__(self, shape: Any, dtype: str) -> None:
        self.shape, self.dtype = shape, dtype

    def __mul__(self, other: Any) -> Any:
        return ("mul", other)

    __rmul__ = __lt__ = __mul__

    def __getitem__(self, key: Any) -> Any:
        return (self, key)


def take(x: Any, index: Any, axis: int) -> Any:
    made = Symbol((*x.shape[:axis], *x.shape[axis + 1 :]), x.dtype)
    made.taken = [*getattr(x, "taken", []), (index, axis)]  # type: ignore[attr-defined]
    return made


def made(backend: str) -> Any:
    found = type("Made", (Symbol,), dict(vars(Symbol)))
    for name, method in operators(found, backend, take).items():
        setattr(found, name, method)
    return found


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_numpy_leaves_its_operators_to_the_tensor(backend: str) -> None:
    x = made(backend)((2,), "float32")
    for number in (np.float32(2), np.array([1.0, 2.0])):
        assert (number * x)[0] == "mul"


def test_on_jax_a_number_keeps_its_dtype() -> None:
    number = np.float64(2)
    assert (made("jax")((2,), "float32") * number)[1] is number


def test_on_tensorflow_a_number_takes_the_dtype_of_the_tensor() -> None:
    x = made("tensorflow")((2,), "int32")
    for found in ((x * np.float64(2.5))[1], (np.float64(2.5) * x)[1], (x < np.float64(2.5))[1]):
        assert (found, found.dtype) == (2, np.int32)
    assert (x * 2.5)[1] == 2.5


def test_on_torch_a_number_is_one_of_python() -> None:
    x = made("torch")((2,), "float16")
    assert type((x * np.float64(2.5))[1]) is float
    array = np.array([1.0])
    assert (x * array)[1] is array


def test_one_part_of_an_index() -> None:
    x = made("jax")((2, 3), "float32")
    for key in (None, Ellipsis, slice(1, None)):
        assert x[key] == (x, (key,))
    assert x[0] == (x, 0)
    assert x[:, 1] == (x, (slice(None), 1))


INDICES: list[tuple[Any, list[int], Any]] = [
    (lambda i: i, [0], None),
    (lambda i: (slice(None), i), [1], (slice(None),)),
    (lambda i: (None, i, slice(1)), [0], (None, slice(1))),
    (lambda i: (..., i), [3], (...,)),
    (lambda i: (..., i, None, 2), [2], (..., None, 2)),
    (lambda i: (i, slice(2), i), [2, 0], (slice(2),)),
]


@pytest.mark.parametrize(("key", "axes", "rest"), INDICES)
def test_an_index_that_is_a_tensor(key: Any, axes: list[int], rest: Any) -> None:
    kind = made("jax")
    x, index = kind((2, 3, 4, 5), "float32"), kind((), "int32")
    found = x[key(index)]
    if rest is not None:
        found, left = found
        assert left == rest
    assert found.taken == [(index, axis) for axis in axes]


def test_a_mask_is_left_to_keras() -> None:
    kind = made("jax")
    x, mask = kind((2, 3), "float32"), kind((), "bool")
    assert x[mask] == (x, mask)
