from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.dtypes import float32
from kerasfmt.ir import Weight
from kerasfmt.ir.derived import Derived


def test_it_is_made_when_it_is_used() -> None:
    made: list[int] = []

    def make() -> np.ndarray:
        made.append(1)
        return np.arange(6, dtype=np.float32).reshape(2, 3)

    array = Derived((2, 3), "float32", make)
    weight = Weight("w", (2, 3), float32)
    weight.value = array
    assert not made and repr(array) == "<Derived float32[2, 3]>"
    assert weight.numpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert array[1:].tolist() == [[3, 4, 5]]
    assert np.asarray(array, dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="without a copy"):
        array.__array__(copy=False)
