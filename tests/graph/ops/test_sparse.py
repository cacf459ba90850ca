from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value, weight

SAMPLES = Samples()
case, floats = SAMPLES.case, SAMPLES.floats

case("SparseMatMul", floats(3, 4), floats(4, 5), a_is_sparse=True, ulps=8, accumulates=True)
_PLACES = np.array([[0, 1], [2, 0], [2, 3]], np.int64)
_SHAPE = np.array([3, 4], np.int64)
case("SparseTensorDenseMatMul", _PLACES, floats(3), _SHAPE, floats(4, 5), ulps=8, accumulates=True)
for _values, _default in (
    (floats(3), np.float32(7)),
    (np.array([b"a", b"", b"c"], object), np.array(b"-", object)),
):
    case("SparseToDense", _PLACES, _SHAPE, _values, _default)
    case("SparseToDense", _PLACES[:, 1], np.array([4], np.int64), _values, _default, validate_indices=False)
case("SparseToDense", np.zeros((0, 2), np.int64), _SHAPE, floats(0), np.float32(7))


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "dense": (
            lambda: ops.sparse_matmul(value(None, 4), weight(4, 5)),
            (None, 5),
            ["ReadVariableOp", "SparseMatMul"],
        ),
        "sparse": (
            lambda: ops.sparse_dense_matmul(_PLACES, np.ones(3, np.float32), _SHAPE, value(4, None)),
            (3, None),
            ["Const", "Const", "Const", "SparseTensorDenseMatMul"],
        ),
        "made dense": (
            lambda: ops.sparse_to_dense(_PLACES, _SHAPE, value(3), np.float32(0)),
            (3, 4),
            ["Const", "Const", "Const", "SparseToDense"],
        ),
    }
    refused = {
        "inner dimensions": (lambda: ops.sparse_matmul(value(2, 3), weight(4, 5)), "dimensions 3 and 4"),
        "dense": (
            lambda: ops.sparse_dense_matmul(_PLACES, np.ones(3, np.float32), _SHAPE, value(3, 2)),
            "dimensions 4 and 3",
        ),
        "rank": (
            lambda: ops.sparse_dense_matmul(_PLACES, np.ones(3, np.float32), _SHAPE[:1], value(4, 2)),
            "the sparse operand has 1 dimensions",
        ),
    }


@pytest.mark.parametrize("adjoint_a", [False, True])
@pytest.mark.parametrize("adjoint_b", [False, True])
def test_the_product_is_that_of_dense_matrices(adjoint_a: bool, adjoint_b: bool) -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(3) + 1j * rng.standard_normal(3)
    dense = np.zeros((3, 4), complex)
    dense[tuple(_PLACES.T)] = values
    a = dense.conj().T if adjoint_a else dense
    b = rng.standard_normal((a.shape[1], 2)) + 1j
    attrs = {"adjoint_a": adjoint_a, "adjoint_b": adjoint_b}
    given = b.conj().T if adjoint_b else b
    (out,) = find_op("SparseTensorDenseMatMul").run(attrs, _PLACES, values, _SHAPE, given)
    np.testing.assert_allclose(out, a @ b, rtol=1e-12)


@pytest.mark.parametrize(
    ("places", "said"),
    [([[0, 4]], "not within the shape"), ([[-1, 0]], "not within the shape"), ([[1, 0], [0, 1]], "not in order"),
     ([[1, 0], [1, 0]], "not in order")],
    ids=["beyond", "negative", "order", "twice"],
)  # fmt: skip
def test_places_that_a_sparse_tensor_cannot_have(places: list[list[int]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op("SparseToDense").run(
            {"validate_indices": True}, np.array(places), _SHAPE, np.ones(len(places)), np.zeros(())
        )
