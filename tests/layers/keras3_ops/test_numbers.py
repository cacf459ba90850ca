from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import N, OperationTests, P, S, V, X, Y, call

AFTER = np.nextafter(X.astype(np.float64), Y.astype(np.float64)).astype(np.float32)
SERIES = np.geomspace(P, 8 * P, 4).astype(np.float32)


class TestOperations(OperationTests):
    composed = True
    calls = [
        call("Gcd", N, 6, gives=np.gcd(N, 6)),
        call("Gcd", N, N[:1], gives=np.gcd(N, N[:1])),
        call("Lcm", N, 4, gives=np.lcm(N, 4)),
        call(
            "Erfinv",
            P,
            gives=np.float32([[0.0888560, 0.4769363, 1.1630871], [0.2724627, 0.7328691, 0.1791435]]),
        ),
        call("I0", X, gives=np.i0(X).astype(np.float32)),
        call("I0", N, gives=np.i0(N).astype(np.float32)),
        call("Nextafter", X, Y, gives=AFTER),
        call("View", X, dtype="int32", gives=X.view(np.int32)),
        call("View", X, dtype="uint8", gives=X.view(np.uint8)),
        call("View", X.view(np.uint8), dtype="float32", gives=X),
        call("Full", V, shape=[3, 4], gives=np.broadcast_to(V, (3, 4))),
        call("Ndim", S, gives=np.int32(3)),
        call("Geomspace", P, 8 * P, num=4, gives=SERIES, rtol=1e-5),
        call("Geomspace", -P, -8.0, num=3, axis=-1, gives=np.geomspace(-P, -8, 3, axis=-1), rtol=1e-5),
        call(
            "Geomspace",
            P,
            8 * P,
            num=4,
            endpoint=False,
            gives=np.geomspace(P, 8 * P, 4, endpoint=False),
            rtol=1e-5,
        ),
    ]
    refused = [
        (call("Gcd", X, 2), "expected integers, got float32"),
        (call("View", X, dtype="float64"), "3 numbers of 4 bytes cannot be viewed"),
        (call("Geomspace", P, 8.0, dtype="int32"), "expected floats as dtype"),
    ]
