"""The shape and the dtype of random numbers."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.sources.live.symbolic_random import drawn
from tests.sources.live.keras3_stand_in import KerasTensor

LIKE = KerasTensor((3, 4), "float16")
CASES: list[tuple[str, Any, Any]] = [
    ("normal", {"shape": (2, 3)}, ((2, 3), "float64")),
    ("uniform", {"shape": [2], "dtype": "float32"}, ((2,), "float32")),
    ("randint", {"shape": (2,)}, ((2,), "int32")),
    ("dropout", {"inputs": LIKE, "rate": 0.5}, ((3, 4), "float16")),
    ("shuffle", {"x": LIKE}, ((3, 4), "float16")),
    ("categorical", {"logits": LIKE, "num_samples": 5}, ((3, 5), "int32")),
]


@pytest.mark.parametrize(("name", "given", "found"), CASES)
def test_what_is_drawn(name: str, given: Any, found: Any) -> None:
    assert drawn(name, given, "float64") == found
