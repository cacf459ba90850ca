"""What a function of one value emits, and what it computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, Value
from kerasfmt.graph.run import run

Array = np.ndarray[Any, Any]


def emitted(build: Callable[[Value], Value], spec: Spec) -> list[str]:
    """The ops that `build` emits, without constants."""
    graph = Builder()
    return [n.op for n in graph.finish([build(graph.input(spec, "x"))]).nodes if n.op != "Const"]


def evaluate(build: Callable[[Value], Value], x: Array, *, known_rank: bool = True) -> Array:
    """The array that `build` computes from `x`; checks that the inferred shape and dtype hold."""
    graph = Builder()
    argument = graph.input(Spec(x.shape if known_rank else None, dtypes.of(x.dtype)), "x")
    output = build(argument)
    (result,) = run(graph.finish([output]), [x], {})
    assert output.dtype.numpy == result.dtype
    if output.shape is not None:
        assert output.shape == result.shape
    return result
