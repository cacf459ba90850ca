"""The functions that layers are written with: the nodes that they make, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.graph import Builder, Shape, Spec, Value, Variable, ops


def value(*shape: int | None, dtype: dtypes.DType = dtypes.float32) -> Value:
    return Builder().input(Spec(shape, dtype))


def weight(*shape: int) -> Variable:
    return Variable("weight", Spec(shape, dtypes.float32))


CASES: dict[str, tuple[Callable[[], Value], Shape, list[str]]] = {
    "dense": (
        lambda: ops.bias_add(ops.matmul(value(None, 3), weight(3, 4)), weight(4)),
        (None, 4),
        ["ReadVariableOp", "MatMul", "ReadVariableOp", "BiasAdd"],
    ),
    "conv2d": (
        lambda: ops.conv2d(value(None, 9, None, 3), weight(3, 3, 3, 4), (2, 1), "SAME"),
        (None, 5, None, 4),
        ["ReadVariableOp", "Conv2D"],
    ),
    "conv2d, channels first": (
        lambda: ops.conv2d(value(None, 3, 9, 9), weight(3, 3, 3, 4), data_format="NCHW"),
        (None, 4, 7, 7),
        ["ReadVariableOp", "Conv2D"],
    ),
    "embedding": (
        lambda: ops.embedding_lookup(weight(10, 4), value(None, 5, dtype=dtypes.int32)),
        (None, 5, 4),
        ["ResourceGather", "Identity"],
    ),
    "cast to the same": (lambda: ops.relu(ops.cast(value(2), "float32")), (2,), ["Relu"]),
    "cast": (lambda: ops.cast(value(2), "float16"), (2,), ["Cast"]),
    "mean of all": (lambda: ops.reduce_mean(value(2, None)), (), ["Const", "Mean"]),
    "clip": (
        lambda: ops.clip_by_value(value(2), 0.0, 1.0),
        (2,),
        ["Const", "Minimum", "Const", "Maximum"],
    ),
    "unpack": (lambda: ops.unpack(value(None, 3), 1)[2], (None,), ["Unpack"]),
    "split": (lambda: ops.split(value(None, 6), [1, 2, 3], 1)[2], (None, 3), ["Const", "Const", "SplitV"]),
    "slice_axis": (
        lambda: ops.slice_axis(value(None, 6, 5), 1, 1, -1),
        (None, 4, 5),
        ["Const", "Const", "Const", "StridedSlice"],
    ),
    "normalized": (
        lambda: (
            ops.fused_batch_norm(value(None, 4, 4, 3), *[weight(3) for _ in range(4)], is_training=False).y
        ),
        (None, 4, 4, 3),
        ["ReadVariableOp"] * 4 + ["FusedBatchNormV3"],
    ),
    "uniform": (
        lambda: ops.random_uniform(ops.shape(value(None, 3)), seed=1),
        (None, 3),
        ["Shape", "RandomUniform"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_frontend(name: str) -> None:
    make, shape, nodes = CASES[name]
    out = make()
    assert out.shape == shape
    assert [n.op for n in out.graph.nodes] == nodes


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "inner dimensions": (lambda: ops.matmul(value(2, 3), weight(4, 5)), "dimensions 3 and 4"),
    "rank": (lambda: ops.matmul(value(2, 3, 4), weight(4, 5)), "expected 2 dimensions"),
    "broadcast": (
        lambda: value(2, 3) + value(2, 4).graph.constant(np.zeros(4, np.float32)),
        "different functions",
    ),
    "channels": (lambda: ops.conv2d(value(1, 9, 9, 3), weight(3, 3, 2, 4)), "3 input channels"),
    "window": (lambda: ops.max_pool(value(1, 2, 2, 3), (3, 3), (1, 1)), "does not fit"),
    "axis": (lambda: ops.reduce_sum(value(2, 3), 2), "axis 2 is out of range"),
    "concat": (lambda: ops.concat([x := value(2, 3), ops.transpose(x, [1, 0])], 1), "dimensions 2 and 3"),
    "bias": (lambda: ops.bias_add(value(2, 3), weight(4)), "dimensions 3 and 4"),
    "squeeze": (lambda: ops.squeeze(value(2, 3), 0), "cannot be squeezed"),
    "dtype": (lambda: ops.add(x := value(2), ops.cast(x, "float16")), "cast it first"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(KerasfmtError, match=message):
        make()


def test_shape_errors_name_op_and_operands() -> None:
    with pytest.raises(InvalidModelError, match=r"MatMul: op MatMul on \(float32\[2, 3\], float32\[4, 5\]\)"):
        ops.matmul(value(2, 3), np.zeros((4, 5), np.float32))


def test_every_public_function_says_what_it_gives() -> None:
    for name in ops.__all__:
        assert getattr(ops, name).__doc__, name


def test_large_convolution_in_slabs_is_the_convolution() -> None:
    from kerasfmt.graph.op import find_op
    from kerasfmt.graph.ops import conv

    rng = np.random.default_rng(0)
    x, k = rng.standard_normal((3, 11, 9, 2)), rng.standard_normal((3, 2, 2, 4))
    attrs = {
        "strides": [1, 2, 1, 1],
        "dilations": [1, 1, 2, 1],
        "padding": "SAME",
        "data_format": "NHWC",
        "explicit_paddings": [],
    }
    (whole,) = find_op("Conv2D").run(attrs, x, k)
    for limit in (1, 9 * 6 * 2 * 8, 6 * 9 * 6 * 2 * 8):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(conv, "_SLAB", limit)
            (slabs,) = find_op("Conv2D").run(attrs, x, k)
        np.testing.assert_allclose(slabs, whole, rtol=1e-12)  # only the order of BLAS's sums may differ
