from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import Array, FrontendTests, KernelTests, Samples, value, weight

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

for _op, (_low, _high, _ulps) in {
    "Relu": (-4, 4, 0),
    "Relu6": (-4, 9, 0),
    "Softplus": (-9, 30, 4),
    "Softsign": (-4, 4, 2),
}.items():
    case(_op, floats(2, 33, low=_low, high=_high), ulps=_ulps)
    case(_op, floats(3, 5, low=_low, high=_high, dtype=np.float64), ulps=4 * _ulps)
    case(_op, floats(17, low=_low, high=_high, dtype=np.float16), ulps=2)
for _op in ("Relu", "Softplus"):
    # TensorFlow rounds intermediate results to bfloat16 on some paths; kerasfmt rounds once.
    case(_op, floats(19, dtype=ml_dtypes.bfloat16), ulps=4)


def away_from_zero(*shape: int, dtype: Any = np.float32) -> Array:
    """Numbers in (-4, 4), none in (-0.5, 0): TensorFlow computes exp(x) - 1 there, and loses digits."""
    return np.where(floats(*shape) < 0, floats(*shape, low=-4, high=-0.5), floats(*shape, low=0)).astype(
        dtype
    )


for _op, _ulps in (("Elu", 4), ("Selu", 8)):
    case(_op, away_from_zero(2, 33), ulps=_ulps)
    case(_op, away_from_zero(3, 5, dtype=np.float64), ulps=4 * _ulps)
    case(_op, away_from_zero(17, dtype=np.float16), ulps=2)
case("Relu", ints(2, 7))
case("Relu", floats())
case("LeakyRelu", floats(2, 9), alpha=0.3)
case("LeakyRelu", floats(2, 9, dtype=np.float64), alpha=0.2)
for _op in ("Softmax", "LogSoftmax"):
    case(_op, floats(4, 10), ulps=8, accumulates=True)
    case(_op, floats(4, 10, dtype=np.float16), ulps=2, accumulates=True)
    case(_op, 100 * floats(2, 3, 7), ulps=8, accumulates=True)
case("BiasAdd", floats(2, 3, 4), floats(4))
case("BiasAdd", floats(2, 3, 4, 5), floats(3), data_format="NCHW")
case("MatMul", floats(3, 40), floats(40, 5), ulps=8, accumulates=True)
case("MatMul", floats(40, 3), floats(5, 40), transpose_a=True, transpose_b=True, ulps=8, accumulates=True)
# TensorFlow may round the partial sums of its blocks to halves: one more rounding for each of up to four.
case("MatMul", floats(3, 40, dtype=np.float16), floats(40, 5, dtype=np.float16), ulps=4, accumulates=True)
case("BatchMatMulV2", floats(2, 1, 3, 4), floats(5, 4, 6), ulps=8, accumulates=True)
case("BatchMatMulV2", floats(2, 4, 3), floats(2, 6, 4), adj_x=True, adj_y=True, ulps=8, accumulates=True)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "dense": (
            lambda: ops.bias_add(ops.matmul(value(None, 3), weight(3, 4)), weight(4)),
            (None, 4),
            ["ReadVariableOp", "MatMul", "ReadVariableOp", "BiasAdd"],
        ),
        "batches": (
            lambda: ops.batch_matmul(x := value(None, 3, 4), x, adj_y=True),
            (None, 3, 3),
            ["BatchMatMulV2"],
        ),
        "softmax": (
            lambda: ops.softmax(ops.leaky_relu(value(None, 5), 0.1)),
            (None, 5),
            ["LeakyRelu", "Softmax"],
        ),
    }
    refused = {
        "inner dimensions": (lambda: ops.matmul(value(2, 3), weight(4, 5)), "dimensions 3 and 4"),
        "rank": (lambda: ops.matmul(value(2, 3, 4), weight(4, 5)), "expected 2 dimensions"),
        "bias": (lambda: ops.bias_add(value(2, 3), weight(4)), "dimensions 3 and 4"),
        "bias of a vector": (lambda: ops.bias_add(value(3), weight(3)), "expected at least 2 dimensions"),
        "rows": (lambda: ops.batch_matmul(value(3), weight(3)), "expected at least two dimensions"),
    }


@pytest.mark.parametrize(("op", "scale"), [("Elu", 1), ("Selu", 1.7580993408473768)])
def test_an_exponential_unit_keeps_its_digits_near_zero(op: str, scale: float) -> None:
    x = -np.logspace(-30, 0, 31, dtype=np.float32)
    expected = scale * np.expm1(x.astype(np.float64))
    np.testing.assert_allclose(find_op(op).run({}, x)[0], expected, rtol=2e-7)


def test_shape_errors_name_op_and_operands() -> None:
    with pytest.raises(InvalidModelError, match=r"MatMul: op MatMul on \(float32\[2, 3\], float32\[4, 5\]\)"):
        ops.matmul(value(2, 3), np.zeros((4, 5), np.float32))


@pytest.mark.parametrize(
    "shape", [(32, 256, 1024), (3, 512, 1024), (64, 200, 96), (32, 256, 1000), (2, 3, 4)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("transposed", [False, True])
def test_products_in_columns(shape: tuple[int, int, int], dtype: str, transposed: bool) -> None:
    rows, inner, columns = shape
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(rows, inner)).astype(dtype), rng.normal(size=(inner, columns)).astype(dtype)
    given = b.T.copy() if transposed else b
    (found,) = find_op("MatMul").run({"transpose_a": False, "transpose_b": transposed}, a, given)
    assert (found.shape, found.dtype) == ((rows, columns), a.dtype)
    np.testing.assert_allclose(found, a @ b, rtol=1e-4, atol=1e-4)
    assert found.flags.c_contiguous
