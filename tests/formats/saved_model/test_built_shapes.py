"""Shapes as Specs."""

from __future__ import annotations

import pytest

from kerasfmt import dtypes
from kerasfmt.formats.saved_model.built_shapes import specs_of_shapes
from kerasfmt.graph import Spec

F = dtypes.float32


def test_structures_of_shapes() -> None:
    assert specs_of_shapes((None, 3), F) == Spec((None, 3), F)
    assert specs_of_shapes((), F) == Spec((), F)
    assert specs_of_shapes([(None, 3), (2,)], F) == [Spec((None, 3), F), Spec((2,), F)]
    assert specs_of_shapes(((1,), (2,)), F) == [Spec((1,), F), Spec((2,), F)]
    assert specs_of_shapes({"a": (1,)}, F) == {"a": Spec((1,), F)}


def test_other_values() -> None:
    with pytest.raises(ValueError, match="expected shapes, got 'x'"):
        specs_of_shapes(["x"], F)
