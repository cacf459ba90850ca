"""A description as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kerasfmt.formats.described_text import STATISTICS, lines, statistics_texts
from kerasfmt.formats.description import (
    Description,
    Endpoint,
    StoredOptimizer,
    StoredSignature,
    rows_of,
    weights_of,
)
from kerasfmt.formats.statistics import Statistics

KERNEL = np.zeros((3, 2), np.float32)


def test_everything() -> None:
    x = Endpoint("x", "float32", (None, 3))
    found = Description(
        path=Path("m"),
        format="tf",
        title="SavedModel",
        members={f"f{number}": 1000 for number in range(9)},
        writers={"keras": "2.15.0", "tensorflow": "2.15.1", "backend": "tensorflow"},
        kind="Functional",
        name="m",
        facts=("a fact",),
        rows=rows_of([("dense", [("kernel", KERNEL)]), ("relu", [])], {}),
        signatures=(
            StoredSignature("f", (x,), (Endpoint("y", "string", None),)),
            *(StoredSignature(str(number), (), ()) for number in range(8)),
        ),
        compiled={"loss": {"class_name": "Mine", "config": {"name": "n"}}, "metrics": [["mae"], {"a": None}]},
        optimizer=StoredOptimizer(
            "Adam", {"rate": 0.001000000047, "decay": None}, ("m",), weights_of([("i", KERNEL)])
        ),
    )
    assert list(lines(found)) == [
        "m: SavedModel, 9.0 kB, written by Keras 2.15.0, TensorFlow 2.15.1, backend tensorflow",
        "model: Functional m",
        "a fact",
        "files: " + ", ".join(f"f{number} (1.0 kB)" for number in range(8)) + ", and 1 more",
        "signatures: 9",
        "  f(x float32[None, 3]) -> y string",
        *(f"  {number}() -> nothing" for number in range(7)),
        "  and 1 more",
        "total: 2 layers, 1 weights, 6 elements, 24 B",
        "compiled: loss=Mine(n), metrics=[[mae], {a: None}]",
        "optimizer: Adam(rate=0.001), 1 variables, 24 B, slots m",
    ]


def test_little() -> None:
    found = Description(path=Path("w"), format="npz", title="weights", members={}, signatures=())
    assert list(lines(found)) == [
        "w: weights, 0 B",
        "signatures: none",
        "total: 0 layers, 0 weights, 0 elements, 0 B",
    ]
    model = Description(
        path=Path("w"), format="h5", title="t", members={}, kind="Mine", optimizer=StoredOptimizer("")
    )
    assert list(lines(model))[1:] == [
        "model: Mine",
        "total: 0 layers, 0 weights, 0 elements, 0 B",
        "compiled: no",
        "optimizer: of a class that the file does not state, 0 variables, 0 B",
    ]


def test_statistics() -> None:
    found = statistics_texts(Statistics(-1.0, 2.5, 0.123456, None, 1234, 0))
    assert dict(zip(STATISTICS, found, strict=True)) == {
        "min": "-1",
        "max": "2.5",
        "mean": "0.1235",
        "std": "-",
        "zeros": "1,234",
        "non-finite": "0",
    }
    assert statistics_texts(None) == [""] * 6
