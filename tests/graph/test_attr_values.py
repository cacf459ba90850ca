"""Attributes: both ways between Python and AttrValue, for every kind and dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from kerasfmt import dtypes, protos
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError
from kerasfmt.graph import Shape
from kerasfmt.graph.attr_values import (
    decode_attr,
    decode_shape,
    decode_tensor,
    encode_attr,
    encode_shape,
    encode_tensor,
)

INTS = st.integers(-(2**63), 2**63 - 1)
DTYPES = st.sampled_from(dtypes.ALL)
SHAPES: st.SearchStrategy[Shape] = st.one_of(
    st.none(), st.lists(st.one_of(st.none(), st.integers(0, 2**40)), max_size=5).map(tuple)
)
FLOATS = st.floats(width=32, allow_nan=False)
BYTES = st.one_of(st.text(), st.binary().filter(lambda b: not is_utf8(b)))
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "int": INTS,
    "float": FLOATS,
    "bool": st.booleans(),
    "string": BYTES,
    "type": DTYPES,
    "shape": SHAPES,
}
ARRAYS = [d for d in dtypes.ALL if d.kind not in ("string", "handle")]


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("kind", SCALARS)
@settings(max_examples=25)
@given(st.data())
def test_scalars_come_back(kind: str, data: st.DataObject) -> None:
    value = data.draw(SCALARS[kind])
    back = decode_attr(encode_attr(kind, value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("kind", SCALARS)
@settings(max_examples=25)
@given(st.data())
def test_lists_come_back(kind: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(SCALARS[kind], max_size=4))
    proto = encode_attr(f"list({kind})", values)
    assert proto.WhichOneof("value") == "list"
    assert decode_attr(proto) == values


def test_functions_are_written_by_name() -> None:
    assert decode_attr(encode_attr("func", "f")) == "f"


def test_an_attribute_that_is_not_set() -> None:
    assert decode_attr(protos.AttrValue()) is None


def test_a_list_of_functions_is_written_if_it_is_empty() -> None:
    assert encode_attr("list(func)", []).WhichOneof("value") == "list"
    with pytest.raises(GraphError, match="cannot be written"):
        encode_attr("list(func)", ["f"])


@pytest.mark.parametrize("kind", ["list(tensor)", "any"])
def test_kinds_that_no_op_has(kind: str) -> None:
    with pytest.raises(GraphError, match="cannot be written"):
        encode_attr(kind, [])


def test_shapes() -> None:
    proto = encode_shape((None, 3))
    assert [d.size for d in proto.dim] == [-1, 3]
    assert not proto.unknown_rank
    assert encode_shape(None).unknown_rank
    assert decode_shape(encode_shape(())) == ()


# Tensors.


def array_of(dtype: DType, shape: tuple[int, ...], data: bytes) -> np.ndarray[Any, Any]:
    """An array with the bit patterns of `data`, kept to those that the dtype has."""
    raw = np.frombuffer(data, np.uint8)
    if dtype is dtypes.bool_ or dtype.name in ("int2", "uint2", "int4", "uint4", "float4_e2m1fn"):
        return (raw & 1).astype(dtype.numpy).reshape(shape)
    return np.frombuffer(data, dtype.numpy).reshape(shape)


@pytest.mark.parametrize("dtype", ARRAYS, ids=str)
@settings(max_examples=25)
@given(st.data())
def test_tensors_come_back_bit_by_bit(dtype: DType, data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(0, 3), max_size=3)))
    size = int(np.prod(shape)) * dtype.itemsize
    array = array_of(dtype, shape, data.draw(st.binary(min_size=size, max_size=size)))
    back = decode_tensor(encode_tensor(array, dtype))
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()


@given(st.lists(st.binary(max_size=5), max_size=4))
def test_strings_come_back(texts: list[bytes]) -> None:
    array = np.array(texts, dtype=object)
    back = decode_tensor(encode_tensor(array, dtypes.string))
    assert back.tolist() == texts
    assert back.dtype == object


def test_a_string_is_utf8() -> None:
    proto = encode_tensor(np.array("é", dtype=object), dtypes.string)
    assert proto.string_val == ["é".encode()]
    assert proto.tensor_shape.dim == []


TYPED = [
    (np.float32(1.5), "float_val", [1.5]),
    (np.float64(1.5), "double_val", [1.5]),
    (np.int32(-1), "int_val", [-1]),
    (np.uint8(255), "int_val", [255]),
    (np.int64(-1), "int64_val", [-1]),
    (np.uint64(2**64 - 1), "uint64_val", [2**64 - 1]),
    (np.True_, "bool_val", [True]),
    (np.float16(1), "half_val", [0x3C00]),
]


@pytest.mark.parametrize(("value", "field", "content"), TYPED)
def test_one_element_stands_in_its_typed_field(value: np.generic, field: str, content: list[Any]) -> None:
    for array in (np.asarray(value), np.asarray(value).reshape(1, 1)):
        proto = encode_tensor(array, dtypes.of(array.dtype))
        assert list(getattr(proto, field)) == content
        assert proto.tensor_content == b""
        assert len(proto.tensor_shape.dim) == array.ndim


def test_several_elements_are_packed() -> None:
    proto = encode_tensor(np.array([1, 2], ">i2"), dtypes.int16)
    assert proto.tensor_content == bytes([1, 0, 2, 0])  # little-endian
    transposed = np.array([[1, 2], [3, 4]], np.int8).T
    assert encode_tensor(transposed, dtypes.int8).tensor_content == bytes([1, 3, 2, 4])


def tensor(shape: tuple[int, ...], enum: int = dtypes.float32.enum, **fields: Any) -> protos.TensorProto:
    proto = protos.TensorProto(dtype=enum, **fields)
    for size in shape:
        proto.tensor_shape.dim.add().size = size
    return proto


def test_the_last_element_is_repeated() -> None:
    assert decode_tensor(tensor((3,), float_val=[1, 2])).tolist() == [1, 2, 2]
    assert decode_tensor(tensor((2, 2))).tolist() == [[0, 0], [0, 0]]
    assert decode_tensor(tensor((2,), dtypes.string.enum)).tolist() == [b"", b""]
    assert decode_tensor(tensor((2,), dtypes.string.enum, string_val=[b"a"])).tolist() == [b"a", b"a"]


def test_complex_numbers_are_pairs() -> None:
    found = decode_tensor(tensor((3,), dtypes.complex64.enum, scomplex_val=[1, 2, 3, 4]))
    assert found.tolist() == [1 + 2j, 3 + 4j, 3 + 4j]
    assert decode_tensor(tensor((), dtypes.complex128.enum, dcomplex_val=[0.5, -1])).tolist() == 0.5 - 1j


BAD_TENSORS = {
    "too many": (tensor((1,), float_val=[1, 2]), "holds 2 elements"),
    "bytes": (tensor((2,), tensor_content=b"12345"), "holds 5 bytes"),
    "huge": (tensor((2**20, 2**20)), "too large for a graph"),
    "negative": (tensor((-1, -1)), "not known"),
    "resource": (tensor((1,), dtypes.resource.enum), "dtype resource: cannot be read"),
}


@pytest.mark.parametrize("name", BAD_TENSORS)
def test_bad_tensors(name: str) -> None:
    proto, message = BAD_TENSORS[name]
    with pytest.raises(GraphError, match=message):
        decode_tensor(proto)
