from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, Value, Variable, ops
from kerasfmt.nn import convolution as C
from tests.graph.evaluation import Array, emitted, evaluate_all
from tests.nn.windowed import convolve, depthwise

RNG = np.random.default_rng(1)
INPUTS = {rank: RNG.uniform(-1, 1, (2, *(7, 8, 9)[:rank], 3)).astype(np.float32) for rank in (1, 2, 3)}
KERNELS = {rank: RNG.uniform(-1, 1, (*(3, 2, 2)[:rank], 3, 4)).astype(np.float32) for rank in (1, 2, 3)}
CASES = [
    (rank, padding, strides, dilations)
    for rank in (1, 2, 3)
    for padding in ("same", "valid")
    for strides, dilations in (((1, 1, 1), (1, 1, 1)), ((2, 2, 2), (1, 1, 1)), ((1, 1, 1), (2, 3, 1)))
]


def value(*shape: int | None, dtype: dtypes.DType = dtypes.float32) -> Value:
    return Builder().input(Spec(shape, dtype))


def check(build: object, x: Array, kernel: Array, expected: Array) -> None:
    """The same result whatever is known of the shape of `x`."""
    for shape in (x.shape, (None, *x.shape[1:]), (*[None] * (x.ndim - 1), x.shape[-1])):
        (found,) = evaluate_all(build, [x, kernel], [shape, kernel.shape])  # type: ignore[arg-type]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("rank", "padding", "strides", "dilations"), CASES)
def test_convolution(rank: int, padding: str, strides: Sequence[int], dilations: Sequence[int]) -> None:
    x, kernel, steps, rates = INPUTS[rank], KERNELS[rank], strides[:rank], dilations[:rank]

    def build(v: Value, k: Value) -> Value:
        return C.convolution(v, k, steps, padding, rates, "channels_last")

    check(build, x, kernel, convolve(x, kernel, steps, padding.upper(), rates))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_channels_first(rank: int, dilation: int) -> None:
    x, kernel, ones = INPUTS[rank], KERNELS[rank], [1] * rank

    def build(v: Value, k: Value) -> Value:
        return C.convolution(v, k, ones, "same", [dilation] * rank, "channels_first")

    expected = np.moveaxis(convolve(x, kernel, ones, "SAME", [dilation] * rank), -1, 1)
    (found,) = evaluate_all(build, [np.moveaxis(x, -1, 1), kernel], [(None, 3, *x.shape[1:-1]), kernel.shape])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("dilations", [(1, 1), (2, 3)])
def test_depthwise(padding: str, dilations: Sequence[int]) -> None:
    x, kernel = INPUTS[2], RNG.uniform(-1, 1, (3, 2, 3, 2)).astype(np.float32)

    def build(v: Value, k: Value) -> Value:
        return C.depthwise(v, k, (1, 1), padding, dilations, "channels_last")

    check(build, x, kernel, depthwise(x, kernel, (1, 1), padding.upper(), dilations))


def test_a_dilated_convolution_goes_through_the_batch() -> None:
    specs = [Spec(a.shape, dtypes.float32) for a in (INPUTS[2], KERNELS[2])]
    found = emitted(lambda v, k: C.convolution(v, k, (1, 1), "same", (2, 2), "channels_last"), *specs)
    assert found == ["SpaceToBatchND", "Conv2D", "BatchToSpaceND"]


@pytest.mark.parametrize(
    ("data_format", "rank", "name", "axis"),
    [
        ("channels_last", 1, "NHWC", -1),
        ("channels_first", 1, "NCHW", -2),
        ("channels_last", 2, "NHWC", -1),
        ("channels_first", 2, "NCHW", -3),
        ("channels_last", 3, "NDHWC", -1),
        ("channels_first", 3, "NCDHW", -4),
    ],
)
def test_layouts(data_format: str, rank: int, name: str, axis: int) -> None:
    assert (C.layout(data_format, rank), C.channel_axis(data_format, rank)) == (name, axis)


@pytest.mark.parametrize("length", [7, None])
@pytest.mark.parametrize(
    ("padding", "stride", "dilation", "out"), [("same", 2, 1, 4), ("valid", 2, 1, 3), ("valid", 1, 3, 1)]
)
def test_out_length(length: int | None, padding: str, stride: int, dilation: int, out: int) -> None:
    assert C.out_length(length, 3, padding, stride, dilation) == (out if length else None)


def test_the_dtype_beside_a_variable() -> None:
    weight = Variable("weight", Spec((4,), dtypes.float32), autocast=True)
    assert C.read(value(2, dtype=dtypes.float16), weight, "Conv2D").dtype is dtypes.float16
    assert C.read(value(2, dtype=dtypes.int32), weight, "Conv2D").dtype is dtypes.float32


@pytest.mark.parametrize("first", [False, True])
def test_a_window_greater_than_the_axis(first: bool) -> None:
    x = value(None, 3, 4, 5) if first else value(None, 4, 5, 3)
    at = 2 if first else 1
    C.check_window("kernel_size", [4, 5], [1, 1], x, first)
    C.check_window("kernel_size", [9, 9], [1, 1], value(None, None, None, None), first)
    with pytest.raises(
        ValueError, match=f"option kernel_size: expected at most 4, the size of axis {at}, got 5$"
    ):
        C.check_window("kernel_size", [5, 5], [1, 1], x, first)
    with pytest.raises(ValueError, match=f"at most 5, the size of axis {at + 1}, got 3, dilated to 7"):
        C.check_window("kernel_size", [4, 3], [1, 3], x, first)


@pytest.mark.parametrize(
    ("padding", "output_padding", "stride", "dilation", "length"),
    [
        ("valid", None, 2, 1, 21),
        ("valid", None, 4, 1, 40),
        ("same", None, 2, 1, 20),
        ("same", 1, 2, 1, 20),
        ("valid", 1, 2, 1, 22),
        ("valid", None, 1, 2, 14),
    ],
)
def test_transposed_length(
    padding: str, output_padding: int | None, stride: int, dilation: int, length: int
) -> None:
    assert C.transposed_length(10, 3, padding, output_padding, stride, dilation) == length
    ones = np.ones((10,), np.int32)
    (found,) = evaluate_all(
        lambda x: C.transposed_length(
            ops.getitem(ops.shape(x), 0), 3, padding, output_padding, stride, dilation
        ),
        [ones],
        [(None,)],
    )
    assert found == length


@pytest.mark.parametrize("known", [(2, 3, 4, 5), (None, None, 4, 5), (None,) * 4])
def test_a_function_sees_one_axis_of_batches(known: tuple[int | None, ...]) -> None:
    seen: list[int] = []

    def double(v: Value) -> Value:
        seen.append(v.rank)
        return ops.concat([v, v], 1)

    x = RNG.uniform(size=(2, 3, 4, 5))
    (found,) = evaluate_all(lambda v: C.over_batches(v, 2, double), [x], [known])
    np.testing.assert_array_equal(found, np.concatenate([x, x], 2))
    assert seen == [3]
    assert C.over_batches(value(2, 4, 5), 2, double).shape == (2, 8, 5)


@pytest.mark.parametrize(("size", "step", "short"), [(7, 3, 2), (6, 3, 0), (0, 4, 0), (1, 4, 3)])
def test_short_of_a_multiple(size: int, step: int, short: int) -> None:
    assert C.to_multiple(size, step) == short
    (found,) = evaluate_all(lambda n: C.to_multiple(n, step), [np.array(size, np.int32)], [()])
    assert found == short


def test_paddings_and_shapes_of_numbers_and_values() -> None:
    assert C.pairs([[0, 0], [1, 2]]).tolist() == [[0, 0], [1, 2]]  # type: ignore[union-attr]
    assert C.shape_vector([2, 3]).tolist() == [2, 3]  # type: ignore[union-attr]
    four = np.array(4, np.int32)
    (made,) = evaluate_all(lambda n: C.pairs([[0, 0], [1, n]]), [four], [()])
    assert made.tolist() == [[0, 0], [1, 4]]
    (made,) = evaluate_all(lambda n: C.shape_vector([n, 3]), [four], [()])
    assert made.tolist() == [4, 3]


@pytest.mark.parametrize(
    ("data_format", "shape"), [("channels_last", (None, 4, 5, 3)), ("channels_first", (None, 3, 4, 5))]
)
def test_a_bias_along_the_channels(data_format: str, shape: tuple[int | None, ...]) -> None:
    bias = Variable("bias", Spec((3,), dtypes.float32))
    out = C.add_bias(value(*shape), bias, data_format)
    assert out.shape == shape
    assert out.node.attrs["data_format"] == C.layout(data_format, 2)
