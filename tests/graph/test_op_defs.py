"""Op definitions: what they say of attributes, and the values that they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph.op_defs import is_defined, lookup

GOOD = [
    ("MatMul", "transpose_a", np.bool_(True)),
    ("MatMul", "T", dtypes.float32),
    ("MaxPool", "ksize", [1, 2, np.int64(2), 1]),
    ("LeakyRelu", "alpha", 1),
    ("Placeholder", "shape", None),
    ("Const", "value", np.zeros(2)),
]
BAD: list[tuple[str, str, Any, str]] = [
    ("MatMul", "transpose_a", 1, "op MatMul: attribute transpose_a: expected bool, got 1"),
    ("MatMul", "T", "float32", "attribute T: expected type, got 'float32'"),
    ("MatMul", "T", dtypes.string, "attribute T: expected one of"),
    ("MaxPool", "ksize", 2, "attribute ksize: expected list(int), got 2"),
    ("MaxPool", "ksize", [1, 2, 2.5, 1], "attribute ksize: expected list(int), got 2.5"),
    ("MaxPool", "ksize", [1], "attribute ksize: at least 4, got 1"),
    ("LeakyRelu", "alpha", "0.1", "attribute alpha: expected float, got '0.1'"),
    ("Placeholder", "shape", [2], "attribute shape: expected shape, got [2]"),
    ("Const", "value", 1.5, "attribute value: expected tensor, got 1.5"),
    ("AddN", "N", 0, "attribute N: at least 1, got 0"),
    ("Conv2D", "data_format", "NHCW", "expected one of ['NCHW', 'NHWC'], got NHCW"),
]


@pytest.mark.parametrize(("op", "attr", "value"), GOOD)
def test_good_values(op: str, attr: str, value: Any) -> None:
    lookup(op).attrs[attr].check(value)


@pytest.mark.parametrize(("op", "attr", "value", "message"), BAD)
def test_bad_values(op: str, attr: str, value: Any, message: str) -> None:
    with pytest.raises(GraphError) as caught:
        lookup(op).attrs[attr].check(value)
    assert message in str(caught.value)


def test_which_ops_are_defined() -> None:
    assert is_defined("MatMul")
    assert not is_defined("NobodyHasThis")
