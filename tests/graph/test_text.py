"""The words for dtypes, shapes and attributes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Shape
from kerasfmt.graph.op_defs import lookup
from kerasfmt.graph.text import attr_texts, type_text, wrapped

TYPES: list[tuple[Shape, str]] = [
    ((), "float32[]"),
    ((2,), "float32[2]"),
    ((None, 3), "float32[?, 3]"),
    (None, "float32[...]"),
]


@pytest.mark.parametrize(("shape", "text"), TYPES)
def test_types(shape: Shape, text: str) -> None:
    assert type_text(dtypes.float32, shape) == text


VALUES: list[tuple[object, str]] = [
    (np.array(2.0, np.float32), "2.0"),
    (np.array(0.1, np.float32), "0.1"),
    (np.array([math.inf, -math.inf, math.nan, -0.0]), "[inf, -inf, nan, -0.0]"),
    (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
    (np.arange(14).reshape(2, 7), "[0, 1, 2, 3, 4, 5, ... 8 more]"),
    (np.array([True, False]), "[True, False]"),
    (np.array([b"a", b"b\n"], object), r"[b'a', b'b\n']"),
    (np.array("x" * 50, object), f"'{'x' * 40}'..."),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_constants_are_shortened(value: np.ndarray, text: str) -> None:  # type: ignore[type-arg]
    dtype = dtypes.of(value.dtype)
    assert attr_texts(lookup("Const"), {"value": value, "dtype": dtype}) == [f"value={text}"]


def test_defaults_and_what_the_types_show_are_left_out() -> None:
    pool = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "SAME", "explicit_paddings": []}
    shown = attr_texts(lookup("MaxPool"), {**pool, "data_format": "NHWC", "T": dtypes.float32})
    assert shown == ["ksize=[1, 2, 2, 1]", "strides=[1, 2, 2, 1]", "padding='SAME'"]
    leaky = lookup("LeakyRelu")
    assert attr_texts(leaky, {"alpha": 0.2, "T": dtypes.float32}) == []
    assert attr_texts(leaky, {"alpha": -0.0, "T": dtypes.float32}) == ["alpha=-0.0"]
    handle = {
        "container": "",
        "shared_name": "w",
        "debug_name": "",
        "dtype": dtypes.float16,
        "shape": (2, None),
    }
    assert attr_texts(lookup("VarHandleOp"), {**handle, "allowed_devices": []}) == [
        "shared_name='w'",
        "dtype=float16",
        "shape=[2, ?]",
    ]


def test_a_line_is_broken_where_it_is_too_long() -> None:
    assert wrapped("a b", "  ") == ["  a b"]
    lines = wrapped("x" * 100 + " " + "y" * 50, "  ")
    assert lines == ["  " + "x" * 100, "      " + "y" * 50]
