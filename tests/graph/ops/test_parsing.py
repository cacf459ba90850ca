"""Serialized examples. What TensorFlow makes of them is compared in `conformance/test_graph_v1.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes, protos
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec, emit
from kerasfmt.graph.run import run


def example(**features: Any) -> bytes:
    made = protos.Example()
    for name, values in features.items():
        feature = made.features.feature.get_or_create(name)
        if values and isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        elif values and isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
    return made.SerializeToString()


def strings(*items: bytes) -> Any:
    made = np.empty(len(items), object)
    made[:] = items
    return made


ROWS = strings(
    example(f=[1.0, 2.0], s=[b"a", b"b"], i=[1, 2, 3, 4]),
    example(f=[3.0, 4.0]),
    example(f=[5.0, 6.0], i=[5, 6]),
)


def parse(
    serialized: Any,
    sparse: tuple[str, ...] = (),
    dense: tuple[str, ...] = (),
    ragged: tuple[str, ...] = (),
    defaults: tuple[Any, ...] = (),
    **attrs: Any,
) -> list[Any]:
    graph = Builder("f")
    x = graph.input(Spec(np.shape(serialized), dtypes.string))
    names = [
        graph.constant(strings(*(key.encode() for key in keys)), dtypes.string)
        for keys in (sparse, dense, ragged)
    ]
    empty = graph.constant(strings(), dtypes.string)
    outputs = emit(
        "ParseExampleV2",
        x,
        empty,
        *names,
        [graph.constant(np.asarray(default)) for default in defaults],
        num_sparse=len(sparse),
        sparse_types=attrs.pop("sparse_types", []),
        ragged_value_types=attrs.pop("ragged_value_types", []),
        ragged_split_types=attrs.pop("ragged_split_types", []),
        dense_shapes=attrs.pop("dense_shapes", []),
    )
    return run(graph.finish(list(outputs)), [serialized], {})


def test_dense_features_have_one_shape() -> None:
    (found,) = parse(ROWS, dense=("f",), defaults=(np.zeros(0, np.float32),), dense_shapes=[(2,)])
    np.testing.assert_array_equal(found, np.float32([[1, 2], [3, 4], [5, 6]]), strict=True)
    (missing,) = parse(ROWS, dense=("z",), defaults=(np.int64(7),), dense_shapes=[(1, 2)])
    assert missing.tolist() == [[[7, 7]]] * 3
    (single,) = parse(
        np.array(ROWS[0], object), dense=("f",), defaults=(np.zeros(0, np.float32),), dense_shapes=[(2,)]
    )
    assert single.tolist() == [1, 2]


def test_dense_features_of_any_length_are_filled_up() -> None:
    (found,) = parse(ROWS, dense=("i",), defaults=(np.int64(-1),), dense_shapes=[(None, 2)])
    assert found.tolist() == [[[1, 2], [3, 4]], [[-1, -1], [-1, -1]], [[5, 6], [-1, -1]]]


def test_sparse_and_ragged_features() -> None:
    places, values, shape = parse(ROWS, sparse=("s",), sparse_types=[dtypes.string])
    assert (places.tolist(), values.tolist(), shape.tolist()) == ([[0, 0], [0, 1]], [b"a", b"b"], [3, 2])
    kinds = {"ragged_value_types": [dtypes.int64], "ragged_split_types": [dtypes.int32]}
    values, splits = parse(ROWS, ragged=("i",), **kinds)
    assert (values.tolist(), splits.tolist(), splits.dtype) == ([1, 2, 3, 4, 5, 6], [0, 4, 4, 6], np.int32)


@pytest.mark.parametrize(
    ("serialized", "key", "default", "shape", "said"),
    [
        (strings(b"\xff"), "f", np.zeros(0, np.float32), (2,), "expected a serialized tf.Example of 1 bytes"),
        (ROWS, "s", np.int64(1), (), "feature 's': expected int64, got string"),
        (ROWS, "i", np.zeros(0, np.int64), (4,), "example 1 does not have it, and there is no default"),
        (ROWS, "f", np.float32(0), (3,), r"example 0: expected 3 values for shape \(3,\), got 2"),
        (ROWS, "f", np.float32(0), (None, 3), "expected lists of a multiple of 3 values"),
    ],
)
def test_examples_that_do_not_fit(serialized: Any, key: str, default: Any, shape: Any, said: str) -> None:
    with pytest.raises(InvalidModelError, match=said):
        parse(serialized, dense=(key,), defaults=(default,), dense_shapes=[shape])
