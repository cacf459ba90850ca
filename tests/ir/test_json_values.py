from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes, layers
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir import initializers
from kerasfmt.ir.json_values import (
    ELLIPSIS,
    bytes_in_archives,
    holds_ellipsis,
    holds_numbers,
    is_shape,
    to_index,
    unwrap,
    wrap_array,
    wrap_bytes,
    wrap_shape,
    wrap_tuple,
)

SLICE = {"start": 1, "stop": None, "step": 2}


@pytest.mark.parametrize(
    ("wrapped", "value"),
    [
        (wrap_tuple([1, wrap_tuple([2, "a"])]), (1, (2, "a"))),
        (wrap_shape((None, 3)), (None, 3)),
        ([wrap_tuple([1])], [(1,)]),
        ({"a": {"b": wrap_tuple([1])}}, {"a": {"b": (1,)}}),
        (
            {"class_name": "Dense", "config": {"x": wrap_tuple([])}},
            {"class_name": "Dense", "config": {"x": ()}},
        ),
        ({"class_name": "__slice__", "config": SLICE}, SLICE),
        ({"class_name": "__ellipsis__", "config": {}}, ELLIPSIS),
        ({"class_name": ["__tuple__"]}, {"class_name": ["__tuple__"]}),
        ("text", "text"),
    ],
)
def test_unwrapping(wrapped: Any, value: Any) -> None:
    assert unwrap(wrapped) == value
    assert unwrap(value) == value  # what is unwrapped stays as it is


@pytest.mark.parametrize("kind", ["__numpy__", "__tensor__"])
@pytest.mark.parametrize("dtype", ["float32", "int64", "bfloat16"])
def test_arrays_come_back(kind: str, dtype: str) -> None:
    array = unwrap({"class_name": kind, "config": {"value": [[1, 2]], "dtype": dtype}})
    assert (array.dtype.name, array.tolist()) == (dtype, [[1, 2]])
    assert unwrap(array) is array


BAD: list[dict[str, Any]] = [
    {"class_name": "__tuple__", "items": 3},
    {"class_name": "TensorShape", "items": None},
    {"class_name": "__numpy__"},
    {"class_name": "__numpy__", "config": {"value": [1], "dtype": "no dtype"}},
    {"class_name": "__numpy__", "config": {"value": [[1], [1, 2]], "dtype": "float32"}},
    {"class_name": "__slice__", "config": {"start": 1}},
]


@pytest.mark.parametrize("value", BAD)
def test_a_wrapper_that_holds_nothing(value: dict[str, Any]) -> None:
    with pytest.raises(InvalidModelError, match=f"config: a {value['class_name']} that holds none"):
        unwrap([value])


def test_indices() -> None:
    assert to_index([SLICE, 0, None, ELLIPSIS]) == [slice(1, None, 2), 0, None, ...]
    with pytest.raises(ValueError, match="expected a slice with start, stop and step, got"):
        to_index([{"start": 1}])


def test_an_ellipsis_is_found() -> None:
    assert holds_ellipsis([["x", 0, 0, {"slice_spec": [0, dict(ELLIPSIS)]}]])
    assert not holds_ellipsis([["x", 0, 0, {"slice_spec": [0, SLICE]}]])


def test_shapes() -> None:
    assert is_shape(wrap_shape(None))
    assert not is_shape(wrap_tuple([1]))


def test_configs_of_layers_and_initializers_are_unwrapped() -> None:
    mean = {"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}}
    layer = layers.Normalization.from_config({"axis": wrap_tuple([-1]), "mean": mean, "variance": [1.0]})
    assert (layer.axis, layer.mean.dtype) == ((-1,), np.float32)
    found = initializers.get({"class_name": "Constant", "config": {"value": mean}})
    assert found == initializers.Constant([1.0])


def test_bytes_have_a_wrapper_of_their_own_in_archives() -> None:
    wrapped = wrap_bytes(["a", (b"b", 1)])
    assert wrapped == ["a", ({"class_name": "__bytes__", "value": "b"}, 1)]
    assert unwrap(wrapped) == ["a", (b"b", 1)]
    in_archive = bytes_in_archives({"y": wrapped, "n": 2})
    assert in_archive == {"y": ["a", [{"class_name": "__bytes__", "config": {"value": "b"}}, 1]], "n": 2}
    assert unwrap(in_archive) == {"y": ["a", [b"b", 1]], "n": 2}


def test_bytes_that_are_no_text_have_no_json() -> None:
    with pytest.raises(UnsupportedLayerError, match="expected bytes in UTF-8"):
        wrap_bytes([b"\xff"])


def test_arrays_and_numbers() -> None:
    wrapped = wrap_array([[1, 2]], dtypes.int16)
    assert wrapped == {"class_name": "__numpy__", "config": {"value": [[1, 2]], "dtype": "int16"}}
    assert np.asarray(unwrap(wrapped)).dtype == np.int16
    assert [holds_numbers(v) for v in ([[1.0]], [True, 2], 3, [], ["a"], [["a", 0, 0]], None)] == [
        *[True] * 3,
        *[False] * 4,
    ]
