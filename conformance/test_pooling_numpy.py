"""Pooling layers: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import Case
from conformance.cases.layer import NO_NCHW, one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

FIRST = {"data_format": "channels_first"}
NOT_RUN = {"_runs": False, "_why": NO_NCHW}

CASES = [
    *(
        case
        for kind in ("Max", "Average")
        for case in [
            one_layer(f"{kind}Pooling1D", (None, 6)),
            one_layer(f"{kind}Pooling1D", (9, 6), pool_size=3, strides=2, padding="same"),
            one_layer(f"{kind}Pooling1D", (6, 9), pool_size=3, **FIRST),
            one_layer(f"{kind}Pooling2D", (None, 8, 6)),
            one_layer(f"{kind}Pooling2D", (9, 8, 6), pool_size=(3, 2), strides=1, padding="same"),
            one_layer(f"{kind}Pooling2D", (9, 8, 6), pool_size=3, strides=(2, 3)),
            one_layer(f"Global{kind}Pooling1D", (None, 6)),
            one_layer(f"Global{kind}Pooling1D", (6, None), keepdims=True, **FIRST),
            one_layer(f"Global{kind}Pooling2D", (None, 8, 6)),
            one_layer(f"Global{kind}Pooling2D", (9, 8, 6), keepdims=True),
            one_layer(f"Global{kind}Pooling2D", (6, 9, 8), **FIRST),
            one_layer(f"{kind}Pooling3D", (None, 4, 6, 3)),
            one_layer(f"{kind}Pooling3D", (5, 4, 6, 3), pool_size=3, strides=2, padding="same"),
            one_layer(f"Global{kind}Pooling3D", (None, 4, 6, 3)),
            one_layer(f"Global{kind}Pooling3D", (3, 4, None, 6), keepdims=True, **FIRST),
        ]
    ),
    one_layer("MaxPooling3D", (3, 5, 4, 6), **FIRST, **NOT_RUN),
    one_layer("MaxPooling2D", (6, 9, 8), **FIRST, **NOT_RUN),
    one_layer("AveragePooling2D", (6, 9, None), padding="same", **FIRST, **NOT_RUN),
    one_layer("GlobalAveragePooling1D", (5, 3), _masked=True),
    one_layer("GlobalAveragePooling1D", (5, 3), keepdims=True, _masked=True),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
