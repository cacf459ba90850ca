"""Serialized examples as tensors.

A `tf.Example` maps names to lists of bytes, floats or integers.

    dense     a list of a fixed length for each example, or of any length, which is filled up with a default
    sparse    lists of any length: the places and the values of all of them
    ragged    lists of any length: the values of all of them, and where each begins

Source: tensorflow/core/util/example_proto_fast_parsing.cc; tensorflow/core/ops/parsing_ops.cc.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from google.protobuf.message import DecodeError

from kerasfmt import dtypes, protos
from kerasfmt.dtypes import DType
from kerasfmt.graph.ops.declare import Array, Attrs, declare_computed
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import string_array, strings_of
from kerasfmt.graph.value import Value

_LISTS: Final = {"bytes_list": dtypes.string, "float_list": dtypes.float32, "int64_list": dtypes.int64}
"""The dtype of each kind of list."""
_Features = Mapping[str, Any]


def _features(serialized: bytes) -> _Features:
    try:
        example = protos.Example.FromString(serialized)
    except DecodeError as error:
        raise ValueError(f"expected a serialized tf.Example of {len(serialized)} bytes: {error}") from error
    return example.features.feature


def _values(features: _Features, key: str, dtype: DType) -> list[Any] | None:
    """The values of a feature; None where there is none."""
    if key not in features:
        return None
    kind = features[key].WhichOneof("kind")
    if kind is None:
        return None
    if _LISTS[kind] is not dtype:
        raise ValueError(f"feature {key!r:.80}: expected {dtype.name}, got {_LISTS[kind].name}")
    return list(getattr(features[key], kind).value)


def _array(values: Sequence[Any], dtype: DType) -> Array:
    if dtype is dtypes.string:
        return string_array(values, (len(values),))
    return np.array(values, dtype.numpy)


def _names(keys: Any) -> list[str]:
    """Names of features from their tensors."""
    each = [
        item
        for part in (keys if isinstance(keys, tuple) else (keys,))
        for item in strings_of(np.asarray(part))
    ]
    return [key.decode("utf-8", "surrogateescape") for key in each]


def _dense(rows: Sequence[_Features], key: str, default: Array, shape: Shape, dtype: DType) -> Array:
    found = [_values(features, key, dtype) for features in rows]
    if shape is not None and shape[:1] == (None,):
        return _padded(found, key, default, shape[1:], dtype)
    size = math.prod(length or 0 for length in shape or ())
    out = np.empty((len(rows), size), dtype.numpy)
    for number, values in enumerate(found):
        if values is None:
            if not default.size and size:
                raise ValueError(
                    f"feature {key!r:.80}: example {number} does not have it, and there is no default"
                )
            out[number] = default.ravel()
        elif len(values) != size:
            raise ValueError(
                f"feature {key!r:.80}: example {number}: expected {size} values for shape {shape}, got {len(values)}"
            )
        else:
            out[number] = values
    return out.reshape(len(rows), *(shape or ()))


def _padded(found: Sequence[list[Any] | None], key: str, default: Array, inner: Shape, dtype: DType) -> Array:
    """Lists of any length as rows of equal length."""
    stride = math.prod(length or 0 for length in inner or ())
    lengths = [len(values or ()) for values in found]
    if any(length % max(stride, 1) for length in lengths):
        raise ValueError(
            f"feature {key!r:.80}: expected lists of a multiple of {stride} values, got {lengths!s:.80}"
        )
    longest = max(lengths, default=0)
    filler = default.ravel()[:1].tolist() or [b"" if dtype is dtypes.string else 0]
    filled = [item for values in found for item in (*(values or ()), *filler * (longest - len(values or ())))]
    return _array(filled, dtype).reshape(len(found), longest // max(stride, 1), *(inner or ()))


def _sparse(rows: Sequence[_Features], key: str, dtype: DType) -> tuple[Array, Array, Array]:
    found = [_values(features, key, dtype) or [] for features in rows]
    places = [(row, column) for row, values in enumerate(found) for column in range(len(values))]
    shape = np.array([len(rows), max(map(len, found), default=0)], np.int64)
    values = _array([item for values in found for item in values], dtype)
    return np.array(places, np.int64).reshape(-1, 2), values, shape


def _ragged(rows: Sequence[_Features], key: str, dtype: DType, split_dtype: DType) -> tuple[Array, Array]:
    found = [_values(features, key, dtype) or [] for features in rows]
    splits = np.cumsum([0, *map(len, found)])
    return _array([item for values in found for item in values], dtype), splits.astype(split_dtype.numpy)


def _parse(
    attrs: Attrs,
    serialized: Array,
    sparse: Sequence[str],
    dense: Sequence[str],
    ragged: Sequence[str],
    defaults: Any,
) -> list[Array]:
    rows = [_features(each) for each in strings_of(serialized)]
    single = serialized.ndim == 0
    if single and ragged:
        raise ValueError("ragged features of one example are not read; parse a batch of one")
    columns = [_sparse(rows, key, dtype) for key, dtype in zip(sparse, attrs["sparse_types"], strict=True)]
    if single:
        columns = [(places[:, 1:], values, shape[1:]) for places, values, shape in columns]
    filled = [
        _dense(rows, key, default, shape, dtype)
        for key, default, shape, dtype in zip(
            dense, defaults, attrs["dense_shapes"], attrs["Tdense"], strict=True
        )
    ]
    lists = [
        _ragged(rows, key, dtype, split)
        for key, dtype, split in zip(
            ragged, attrs.get("ragged_value_types", ()), attrs.get("ragged_split_types", ()), strict=True
        )
    ]
    return [
        *(places for places, _, _ in columns),
        *(values for _, values, _ in columns),
        *(shape for _, _, shape in columns),
        *([each[0] for each in filled] if single else filled),
        *(values for values, _ in lists),
        *(splits for _, splits in lists),
    ]


def _infer(attrs: Attrs, serialized: Value, count: int, ragged: int) -> list[Shape]:
    outer: Shape = None if serialized.shape is None else serialized.shape
    rank = None if outer is None else len(outer) + 1
    dense = [None if outer is None or shape is None else (*outer, *shape) for shape in attrs["dense_shapes"]]
    lists: list[Shape] = [(None,)] * ragged
    return [*[(None, rank)] * count, *[(None,)] * count, *[(rank,)] * count, *dense, *lists, *lists]


declare_computed(
    "ParseExampleV2",
    lambda attrs, serialized, *_: _infer(
        attrs, serialized, len(attrs["sparse_types"]), len(attrs["ragged_value_types"])
    ),
    lambda attrs, serialized, names, sparse, dense, ragged, defaults: _parse(
        attrs, serialized, _names(sparse), _names(dense), _names(ragged), defaults
    ),
)
declare_computed(
    "ParseExample",
    lambda attrs, serialized, *_: _infer(attrs, serialized, len(attrs["sparse_types"]), 0),
    lambda attrs, serialized, names, sparse, dense, defaults: _parse(
        attrs, serialized, _names(sparse), _names(dense), (), defaults
    ),
)
declare_computed(
    "ParseSingleExample",
    lambda attrs, serialized, *_: _infer(attrs, serialized, len(attrs["sparse_types"]), 0),
    lambda attrs, serialized, defaults: _parse(
        attrs, serialized, attrs["sparse_keys"], attrs["dense_keys"], (), defaults
    ),
)
