"""Modules of StableHLO in graphs."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Spec, emit
from kerasfmt.graph.op import find_op
from kerasfmt.graph.run import run


def test_they_are_told_when_they_are_reached() -> None:
    graph = Builder("f")
    x = graph.input(Spec((2,), dtypes.float32))
    options = {"version": 9, "module": b"ML\xefR", "Sout": [(2, None)], "Tout": [dtypes.float32]}
    (y,) = emit("XlaCallModule", [x], **options)
    assert y.shape == (2, None)
    assert not find_op("XlaCallModule").has_kernel()
    with pytest.raises(
        GraphError, match=r"a compiled module of StableHLO, version 9 of its calls, which NumPy"
    ):
        run(graph.finish([y]), [np.zeros(2, np.float32)], {})
