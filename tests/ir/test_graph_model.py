"""Models that are known by their functions and variables only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Function, Spec, emit_one
from kerasfmt.ir import Weight
from kerasfmt.ir.graph_model import GraphModel, GraphSignature


def counter() -> Weight:
    found = Weight("count", (), dtypes.float32)
    found.value = np.float32(3)
    return found


def signature(name: str, function: Function, **inputs: Spec) -> GraphSignature:
    outputs = {f"y{number}": value.spec for number, value in enumerate(function.outputs)}
    return GraphSignature(name, inputs, outputs, lambda: (function, []))


def adding(weight: Weight) -> GraphSignature:
    graph = Builder("add")
    x = graph.input(Spec((None, 2), dtypes.float32), "x")
    y = graph.input(Spec((), dtypes.int32), "n")
    total = x + emit_one("Cast", y, DstT=dtypes.float32)
    graph.assign(weight, graph.read(weight) + 1.0)
    return signature(
        "add",
        graph.finish([total, graph.read(weight)]),
        x=Spec((None, 2), dtypes.float32),
        n=Spec((), dtypes.int32),
    )


def test_a_signature_takes_and_gives_arrays_by_name() -> None:
    weight = counter()
    found = adding(weight)(n=1, x=[[1, 2]])
    np.testing.assert_array_equal(found["y0"], np.array([[2, 3]], np.float32), strict=True)
    assert repr(adding(weight)) == "<GraphSignature add(x, n) -> y0, y1>"


def test_what_a_signature_assigns_stays() -> None:
    weight = counter()
    add = adding(weight)
    assert [add(n=1, x=[[1, 2]])["y1"].item() for _ in range(2)] == [4.0, 5.0]
    assert weight.numpy() == 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": [[1, 2]]}, r"signature add: expected the inputs \['n', 'x'\], got \['x'\]"),
        ({"x": [[1, 2]], "n": 1, "z": 1}, r"got \['n', 'x', 'z'\]"),
        ({"x": [[1, 2, 3]], "n": 1}, r"input x: expected shape \(None, 2\), got \(1, 3\)"),
        ({"x": [1, 2], "n": 1}, r"input x: expected shape \(None, 2\), got \(2,\)"),
        ({"x": [["a", "b"]], "n": 1}, "input x: could not convert"),
        ({"x": [[1, 2], [3]], "n": 1}, "input x: "),
    ],
)
def test_arrays_that_do_not_fit(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidModelError, match=said):
        adding(counter())(**given)


@pytest.mark.parametrize("given", ["a", b"a", ["a", b"b"], np.array([["é", "b"]]), np.array([], object)])
def test_texts_become_bytes(given: Any) -> None:
    graph = Builder("text")
    spec = Spec(None, dtypes.string)
    x = graph.input(spec, "x")
    found = signature("text", graph.finish([emit_one("Identity", x)]), x=spec)(x=given)["y0"]
    assert found.shape == np.shape(given)
    assert all(isinstance(text, bytes) for text in found.ravel())


def test_a_model_has_signatures_and_variables(tmp_path: Path) -> None:
    weight = counter()
    written: list[Path] = []
    model = GraphModel({"add": adding(weight)}, [weight], lambda: ["Own"], written.append)
    assert model.weights == model.variables == [weight]
    assert model.missing_ops() == ["Own"]
    model.write_again(tmp_path)
    assert written == [tmp_path]
    assert repr(model) == "<GraphModel add: 1 variables>"
