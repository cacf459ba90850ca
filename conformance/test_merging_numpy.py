"""Layers that merge: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import Case
from conformance.cases.layer import one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()


CASES = [
    one_layer("Add", (4,), (4,), (4,)),
    one_layer("Add", (4, 3), (4, 1)),
    one_layer("Add", (3,), (4, 3), (2, 1, 3)),
    one_layer("Add", (None, 3), (7, 3)),
    one_layer("Add", (4, 3), (4, 3), _masked=True),
    one_layer("Subtract", (4, 3), (4, 3)),
    one_layer("Multiply", (4, 3), (1, 3), (4, 3)),
    one_layer("Multiply", (4, 3), (4, 3), _of="int32"),
    one_layer("Average", (4, 3), (4, 3), (4, 3)),
    one_layer("Average", (4, 3), (4, 3), _of="int32"),
    one_layer("Maximum", (4, 3), (4, 3)),
    one_layer("Minimum", (4, 3), (4, 3)),
    one_layer("Concatenate", (4, 3), (4, 2), (4, 1)),
    one_layer("Concatenate", (4, 3), (2, 3), axis=1),
    one_layer("Concatenate", (None, 3), (None, 2), axis=-1),
    one_layer("Concatenate", (4, 3), (4, 2), _masked=True),
    one_layer("Concatenate", (4, 3), (5, 3), axis=1, _masked=True),
    one_layer("Dot", (4,), (4,), axes=1),
    one_layer("Dot", (4, 3), (5, 3), axes=-1),
    one_layer("Dot", (4, 3), (5, 4), axes=(1, 2)),
    one_layer("Dot", (4, 3), (3, 5), axes=[2, 1], normalize=True),
    one_layer("Dot", (2, 4, 3), (3, 5, 2), axes=(3, 1)),
    one_layer("Dot", (4,), (5, 4, 3), axes=(1, 2)),
    one_layer("Dot", (5, 4, 3), (4,), axes=(2, 1)),
    one_layer("Dot", (None, 3), (None, 3), axes=2),
    one_layer("Dot", (4, 3), (4, 3), axes=2, _masked=True),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
