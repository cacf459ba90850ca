"""What layers demand of their inputs."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Shape, Spec
from kerasfmt.ir.input_spec import InputSpec

MET: list[tuple[dict[str, Any], Shape]] = [
    ({}, (None, 3)),
    ({"ndim": 5, "axes": {-1: 3}}, None),
    ({"ndim": 2}, (None, None)),
    ({"min_ndim": 2, "max_ndim": 3}, (1, 2, 3)),
    ({"axes": {-1: 3}}, (None, 3)),
    ({"axes": {-1: 3}}, (None, None)),
    ({"axes": {1: None}}, (2, 9)),
]


@pytest.mark.parametrize(("demand", "shape"), MET)
def test_met(demand: dict[str, Any], shape: Shape) -> None:
    assert InputSpec(**demand).mismatch(shape) is None


NOT_MET: list[tuple[dict[str, Any], Shape, str]] = [
    ({"ndim": 4}, (None, 3), "expected 4 dimensions, got shape (None, 3)"),
    ({"min_ndim": 3}, (None, 3), "expected at least 3 dimensions, got shape (None, 3)"),
    ({"max_ndim": 1}, (None, 3), "expected at most 1 dimensions, got shape (None, 3)"),
    ({"axes": {-1: 4}}, (None, 3), "expected 4 elements along axis -1, got shape (None, 3)"),
    ({"axes": {2: 4}}, (None, 3), "expected 4 elements along axis 2, got shape (None, 3)"),
    ({"axes": {-3: None}}, (None, 3), "expected None elements along axis -3, got shape (None, 3)"),
]


@pytest.mark.parametrize(("demand", "shape", "said"), NOT_MET)
def test_not_met(demand: dict[str, Any], shape: Shape, said: str) -> None:
    assert InputSpec(**demand).mismatch(shape) == said


GENERAL: list[tuple[dict[str, Any], Spec]] = [
    ({}, Spec(None, dtypes.float32)),
    ({"min_ndim": 2, "axes": {-1: 3}}, Spec(None, dtypes.float32)),
    ({"ndim": 3, "axes": {-1: 3}}, Spec((None, None, 3), dtypes.float32)),
    ({"shape": (None, 5), "dtype": "int32"}, Spec((None, 5), dtypes.int32)),
]


@pytest.mark.parametrize(("demand", "spec"), GENERAL)
def test_the_spec_of_every_input_that_meets_it(demand: dict[str, Any], spec: Spec) -> None:
    assert InputSpec(**demand).general(dtypes.float32) == spec
