from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from kerasfmt.graph.ops import special

FUNCTIONS = [(special.erf, math.erf), (special.erfc, math.erfc)]
# Both sides of the places where one approximation hands over to the next.
PLACES = np.unique(
    np.concatenate([np.linspace(-6, 6, 1201), [b + d for b in (0.46875, 4, 27) for d in (-1e-9, 0, 1e-9)]])
)


@pytest.mark.parametrize(("function", "of_math"), FUNCTIONS, ids=lambda f: f.__name__)
def test_in_doubles(function: Callable[..., Any], of_math: Callable[[float], float]) -> None:
    np.testing.assert_allclose(function(PLACES), [of_math(x) for x in PLACES], rtol=2e-15, atol=1e-300)


@pytest.mark.parametrize(
    ("function", "of_math", "rtol"), [(special.erf, math.erf, 5e-7), (special.erfc, math.erfc, 2e-7)]
)
def test_in_singles(function: Callable[..., Any], of_math: Callable[[float], float], rtol: float) -> None:
    given = PLACES.astype(np.float32)
    result = function(given)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, [of_math(float(x)) for x in given], rtol=rtol, atol=1e-37)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_halves_keep_their_dtype(dtype: type) -> None:
    assert special.erfc(np.zeros(2, dtype)).dtype == dtype
    assert special.erf(np.zeros(2, dtype)).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out(dtype: type) -> None:
    far = np.array([-np.inf, -30, 30, np.inf, np.nan], dtype)
    with np.errstate(all="ignore"):  # as in every kernel
        results = special.erf(far), special.erfc(far)
    np.testing.assert_array_equal(results, np.array([[-1, -1, 1, 1, np.nan], [2, 2, 0, 0, np.nan]], dtype))
