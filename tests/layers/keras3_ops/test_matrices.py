from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import OperationTests, X, Y, call, floats

M = floats(2, 3, 3)
POSITIVE = M @ M.swapaxes(1, 2) + np.eye(3, dtype=np.float32)
TRIANGLES = np.tril(POSITIVE)
COLUMNS = floats(2, 3, 2)
FACTORS = np.linalg.cholesky(POSITIVE)
SIGNS, LOGARITHMS = np.linalg.slogdet(POSITIVE)
DIAGONAL = np.float32([[[2, 1], [0, 3]]])
HALF = floats(1, 3, 2)
U, VALUES, V = np.linalg.svd(HALF, full_matrices=False)


class TestOperations(OperationTests):
    composed = True
    calls = [
        call("Cholesky", POSITIVE, gives=FACTORS, rtol=1e-5),
        call("Cholesky", POSITIVE, upper=True, gives=FACTORS.swapaxes(1, 2), rtol=1e-5),
        call("CholeskyInverse", FACTORS, gives=np.linalg.inv(POSITIVE), rtol=1e-4),
        call(
            "CholeskyInverse",
            FACTORS.swapaxes(1, 2),
            upper=True,
            gives=np.linalg.inv(POSITIVE),
            rtol=1e-4,
        ),
        call("Det", POSITIVE, gives=np.linalg.det(POSITIVE), rtol=1e-5),
        call("Slogdet", POSITIVE, gives=[SIGNS, LOGARITHMS], rtol=1e-5),
        call("Logdet", POSITIVE, gives=LOGARITHMS, rtol=1e-5),
        call("Inv", POSITIVE, gives=np.linalg.inv(POSITIVE), rtol=1e-4),
        call("Eigh", POSITIVE, gives=list(np.linalg.eigh(POSITIVE)), rtol=1e-4),
        call(
            "Eig",
            DIAGONAL,
            gives=[np.complex64([[2, 3]]), np.linalg.eig(DIAGONAL)[1].astype(np.complex64)],
            rtol=1e-5,
        ),
        call("Qr", POSITIVE, gives=list(np.linalg.qr(POSITIVE)), rtol=1e-4),
        call("Qr", HALF, mode="complete", gives=list(np.linalg.qr(HALF, "complete")), rtol=1e-4),
        call("SVD", HALF, full_matrices=False, gives=[U, VALUES, V], rtol=1e-5),
        call("SVD", HALF, compute_uv=False, gives=VALUES, rtol=1e-5),
        call("Solve", POSITIVE, COLUMNS, gives=np.linalg.solve(POSITIVE, COLUMNS), rtol=1e-4),
        call(
            "Solve",
            POSITIVE,
            COLUMNS[..., 0],
            gives=np.linalg.solve(POSITIVE, COLUMNS[..., :1])[..., 0],
            rtol=1e-4,
        ),
        call(
            "SolveTriangular",
            POSITIVE,
            COLUMNS,
            lower=True,
            gives=np.linalg.solve(TRIANGLES, COLUMNS),
            rtol=1e-4,
        ),
        call("LuFactor", DIAGONAL[0], gives=[DIAGONAL[0], np.int32([0, 1])]),
        call("MatrixRank", np.float32([[[1, 2], [2, 4]], [[1, 2], [2, 5]]]), gives=np.int32([1, 2])),
        call("MatrixRank", DIAGONAL, tol=2.5, gives=np.int32([1])),
        call("Pinv", HALF, gives=np.linalg.pinv(HALF), rtol=1e-4),
        call(
            "Lstsq",
            [[1.0, 2.0], [3.0, 4.0]],
            X,
            gives=np.linalg.solve([[1.0, 2.0], [3.0, 4.0]], X),
            rtol=1e-4,
        ),
        call(
            "Lstsq", [[1.0, 1.0], [2.0, 2.0]], X[:, 0], rcond=0.1, gives=np.float32([0.65, 0.65]), rtol=1e-4
        ),
    ]
    refused = [
        (call("LuFactor", POSITIVE), "expected one matrix, got 3 dimensions"),
        (call("Lstsq", POSITIVE, Y), "expected one matrix and a vector or matrix"),
        (call("Lstsq", X, Y), "the size of axis 0 must be known"),
        (call("Solve", X), "missing a required argument"),
    ]
