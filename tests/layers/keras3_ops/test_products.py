from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import Constant, OperationTests, S, V, X, Y, call, floats

A, B = floats(2, 3, 2, 4), floats(2, 5, 2, 4)
OTHER, KERNEL, ROW = floats(2, 5, 3), Constant(floats(5, 3)), Constant(floats(5))
SQUARE = floats(2, 3, 3)
DISTANCES = np.sqrt(((S[:, :, None] - S[:, None, :2]) ** 2).sum(-1))


class TestOperations(OperationTests):
    calls = [
        call("Matmul", S, OTHER, gives=S @ OTHER),
        call("Matmul", S, KERNEL, gives=S @ KERNEL.array),
        call("Matmul", S, ROW, gives=S @ ROW.array),
        call("Matmul", Constant(np.float32([1, 2])), X, gives=np.float32([1, 2]) @ X),
        call("Dot", S, KERNEL, gives=np.dot(S, KERNEL.array)),
        call("Dot", X, 2, gives=X * 2),
        call("Tensordot", S, KERNEL, axes=1, gives=np.tensordot(S, KERNEL.array, 1)),
        call(
            "Tensordot",
            S,
            Constant(floats(4, 3)),
            axes=[[1], [0]],
            gives=np.tensordot(S, floats(4, 3), ([1], [0])),
        ),
        *(call("Triu", SQUARE, k=k, gives=np.triu(SQUARE, k)) for k in (-1, 0, 1)),
        *(call("Tril", SQUARE, k=k, gives=np.tril(SQUARE, k)) for k in (-1, 0, 1)),
        call("Outer", X, V, gives=np.outer(X, V)),
        call("Outer", V, ROW, gives=np.outer(V, ROW.array)),
        call("Inner", S, ROW, gives=np.inner(S, ROW.array)),
        call("Vdot", X, Y, gives=np.vdot(X, Y)),
        call("Cross", SQUARE, SQUARE[:, ::-1], gives=np.cross(SQUARE, SQUARE[:, ::-1])),
        call("Kron", X, Y, gives=np.kron(X, Y)),
        *(call("Diagonal", S, offset=k, axis1=1, axis2=2, gives=S.diagonal(k, 1, 2)) for k in (-1, 0, 2)),
        call("Trace", S, axis1=1, axis2=2, gives=S.trace(0, 1, 2)),
        *(call("Diag", V, k=k, gives=np.diag(V, k)) for k in (-2, 0, 1)),
        call("Diagflat", X, k=1, gives=np.diagflat(X, 1)),
        call("Vander", V, 3, gives=np.vander(V, 3)),
        call("Vander", V, 4, increasing=True, gives=np.vander(V, 4, True)),
        call("Corrcoef", X, gives=np.corrcoef(X)),
        call("CDist", S, S[:, :2], gives=DISTANCES, rtol=1e-5),
        *(
            call(
                "Einsum", *operands, subscripts=subscripts, gives=np.einsum(subscripts, *operands), rtol=1e-5
            )
            for subscripts, operands in {
                "bqhd,bkhd->bhqk": (A, B),
                "abc->cb": (S,),
                "abc,acd->abd": (S, OTHER),
                "abc,acd->ad": (S, OTHER),
                "ab,ab->a": (X, Y),
            }.items()
        ),
        call("Einsum", S, KERNEL, subscripts="abc,cd->abd", gives=S @ KERNEL.array),
    ]
    refused = [
        (call("Matmul", S, S), "dimensions 5 and 4"),
        (call("Cross", SQUARE, SQUARE, axis=1), "only the last axis is supported"),
        (call("Kron", X, V), "expected two tensors with the same number of dimensions"),
        (call("Diagonal", X), "the size of axis 0 must be known"),
        (call("Vander", V), "the size of axis 0 must be known"),
        (call("Corrcoef", S), "expected 2 dimensions, got 3"),
        (call("Einsum", S, subscripts="...c->c..."), "without dots, and a result"),
        (call("Einsum", SQUARE, subscripts="aab->b"), "a letter twice in a term is not supported"),
    ]
