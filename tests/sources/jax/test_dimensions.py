"""Symbolic dimensions: printed expressions, and symbols in the shapes of inputs."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec
from kerasfmt.graph.run import run
from kerasfmt.nn.shapes import as_value
from kerasfmt.sources.jax.dimensions import Dimensions, names_in, solved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b", 7),
        ("2*b + 3", 17),
        ("b^2 - t", 44),
        ("-b + 10", 3),
        ("floordiv(b + t, 4)", 3),
        ("mod(b, 4)", 3),
        ("max(b, 2*t, 3)", 10),
        ("min(b, t)", 5),
        ("b*t", 35),
    ],
)
def test_expressions_in_numbers_and_in_a_graph(text: str, expected: int) -> None:
    assert Dimensions({"b": 7, "t": 5}).size(text) == expected
    graph = Builder()
    symbols = {name: graph.input(Spec((), dtypes.int32), name) for name in "bt"}
    value = as_value(graph, Dimensions(symbols).size(text))
    (found,) = run(graph.finish([value]), [np.int32(7), np.int32(5)], {})
    assert int(found) == expected


def test_names() -> None:
    assert names_in("floordiv(b, 2) + max(t, 3)") == {"b", "t"}
    assert names_in(3) == set()


def test_symbols_are_solved_from_shapes() -> None:
    graph = Builder()
    x = graph.input(Spec((None, None), dtypes.float32), "x")
    dimensions = solved([(x, ("2*b + 1", "t"))])
    values = [as_value(graph, dimensions.size(name)) for name in ("b", "t")]
    found = run(graph.finish(values), [np.zeros((9, 3), np.float32)], {})
    assert [int(v) for v in found] == [4, 3]


def test_what_cannot_be_solved_is_refused() -> None:
    graph = Builder()
    x = graph.input(Spec((None,), dtypes.float32), "x")
    for shape in (("b*t",), ("b^2",)):
        with pytest.raises(InvalidModelError, match="dimension b: no input has it"):
            solved([(x, shape)])
    with pytest.raises(InvalidModelError, match="n is no dimension of an input"):
        Dimensions({}).size("n")
    with pytest.raises(InvalidModelError, match="expected sums, products"):
        Dimensions({"b": 1}).size("b / 2")
