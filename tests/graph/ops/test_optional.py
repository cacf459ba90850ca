"""Optionals: what one holds comes back, and nothing comes of an empty one."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec, Value, ops
from kerasfmt.graph.run import run


def components(held: Value) -> tuple[Value, ...]:
    attrs = {"output_types": [dtypes.float32, dtypes.int32], "output_shapes": [(None, 2), ()]}
    return held.graph.emit("OptionalGetValue", held, **attrs)


def test_what_an_optional_holds() -> None:
    graph = Builder()
    x, n = graph.input(Spec((None, 2), dtypes.float32)), graph.input(Spec((), dtypes.int32))
    held = ops.optional(x, n)
    assert (held.shape, held.dtype) == ((), dtypes.variant)
    found = components(held)
    assert [v.spec for v in found] == [x.spec, n.spec]
    data = np.ones((3, 2), np.float32)
    results = run(graph.finish(found), [data, np.array(5, np.int32)], {})
    np.testing.assert_array_equal(results[0], data)
    assert results[1] == 5


def test_an_optional_that_holds_nothing() -> None:
    graph = Builder()
    (empty,) = graph.emit("OptionalNone")
    with pytest.raises(InvalidModelError, match="the optional holds nothing"):
        run(graph.finish(components(empty)), [], {})
