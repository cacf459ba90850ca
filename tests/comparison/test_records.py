"""A comparison finds nothing only if every part finds nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kerasfmt.comparison.records import (
    CHANGED,
    ArrayChange,
    ArrayComparison,
    Change,
    Comparison,
    FunctionChange,
)

NOTHING = Comparison(a=Path("a"), b=Path("b"), formats=("x", "y"), not_compared=("a sentence",))
CHANGES = (Change("x", CHANGED, 1, 2),)
ARRAYS = ArrayComparison(1, (ArrayChange("w", CHANGED, "float32[]", "float32[]", 1, 0.5, 0.5),))


@pytest.mark.parametrize(
    "found",
    [
        {"config": CHANGES},
        {"weights": ARRAYS},
        {"optimizer": CHANGES},
        {"optimizer_weights": ARRAYS},
        {"signatures": CHANGES},
        {"functions": (FunctionChange("f", CHANGED, {}),)},
    ],
)
def test_same(found: dict[str, object]) -> None:
    assert NOTHING.same
    assert replace(NOTHING, weights=ArrayComparison(5)).same
    assert not replace(NOTHING, **found).same  # type: ignore[arg-type]
