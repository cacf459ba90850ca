"""What holds of every initializer: seeds, shapes and dtypes, and functions as initializers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import initializers as I
from kerasfmt.ir.initializer import REGISTRY, FunctionInitializer


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_seed_overrides_the_generator() -> None:
    seeded, shape = I.GlorotUniform(seed=5), (4, 4)
    a = seeded(shape, dtypes.float32, np.random.default_rng(1))
    b = seeded(shape, dtypes.float32, np.random.default_rng(2))
    expected = I.GlorotUniform()(shape, dtypes.float32, np.random.Generator(np.random.PCG64(5)))
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(a, expected)
    assert I.RandomNormal(seed=-5)(shape, dtypes.float32, rng()).shape == shape


def test_without_a_seed_the_generator_advances() -> None:
    shared = rng()
    first, second = (I.GlorotUniform()((4, 4), dtypes.float32, shared) for _ in range(2))
    assert not np.array_equal(first, second)


def test_a_shape_is_not_negative() -> None:
    with pytest.raises(
        InvalidModelError, match=r"initializer Zeros: expected a shape without negative .*-1, 2"
    ):
        I.Zeros()((-1, 2), dtypes.float32, rng())


def test_a_function_is_an_initializer() -> None:
    def halves(shape: Any, dtype: Any) -> Any:
        return np.full(shape, 0.5, dtype)

    found = REGISTRY.custom("halves", {"halves": halves})
    assert isinstance(found, FunctionInitializer)
    assert found((2,), dtypes.float16, rng()).tolist() == [0.5, 0.5]
    wrong = FunctionInitializer("wrong", lambda shape, dtype: np.zeros(3))
    with pytest.raises(
        InvalidModelError, match=r"expected the function wrong to return that shape, got \(3,\)"
    ):
        wrong((2,), dtypes.float32, rng())


def test_one_registry_holds_all() -> None:
    assert REGISTRY.get("glorot_uniform") == I.GlorotUniform()
