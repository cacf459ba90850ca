from __future__ import annotations

import numpy as np

from tests.layers.keras3_ops.operation_tests import N, OperationTests, X, call, floats

HOLES = floats(3, 4, 5)
HOLES[0, 1, :4] = np.nan
HOLES[2, :3, 3] = np.nan
NONE = np.float32([[np.nan, np.nan], [1, np.nan]])


class TestOperations(OperationTests):
    composed = True
    calls = [
        call(
            "Nanargmax",
            HOLES,
            axis=1,
            keepdims=True,
            gives=np.nanargmax(np.where(np.isnan(HOLES), -9, HOLES), 1)[:, None],
        ),
        call("Nanargmax", NONE, axis=1, gives=np.int32([-1, 0])),
        call("Nanargmax", N, gives=np.int32(N.argmax())),
        call("Nanargmin", HOLES, gives=np.int32(np.nanargmin(HOLES))),
        call("Nanargmin", HOLES, keepdims=True, gives=np.int32(np.nanargmin(HOLES)).reshape(1, 1, 1)),
        call("Nanmedian", HOLES, axis=[1, 2], gives=np.nanmedian(HOLES, (1, 2))),
        call("Nanmedian", NONE, axis=1, gives=np.float32([np.nan, 1])),
        call("Nanmedian", N, axis=1, gives=np.float32([0, 2])),
        call(
            "Nanpercentile",
            HOLES,
            30.0,
            axis=-1,
            keepdims=True,
            gives=np.nanpercentile(HOLES, 30, -1, keepdims=True),
        ),
        call("Nanquantile", HOLES, 0.8, gives=np.nanquantile(HOLES, 0.8)),
        call("Nanquantile", HOLES, [0.2, 0.7], axis=1, gives=np.nanquantile(HOLES, [0.2, 0.7], 1)),
        call(
            "Nanquantile",
            HOLES,
            [0.2],
            axis=1,
            keepdims=True,
            gives=np.nanquantile(HOLES, [0.2], 1, keepdims=True),
        ),
        *(
            call(
                "Nanquantile",
                HOLES,
                0.37,
                axis=2,
                method=method,
                gives=np.nanquantile(HOLES, 0.37, 2, method=method),
            )
            for method in ("lower", "higher", "midpoint", "nearest")
        ),
    ]
    refused = [(call("Nanquantile", X, 0.5, method="hazen"), "method 'hazen' is not known")]
