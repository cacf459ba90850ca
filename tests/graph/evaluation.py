"""What a function of values emits, and what it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Shape, Spec, Value, merge_shapes
from kerasfmt.graph.run import run

Array = np.ndarray[Any, Any]


def emitted(build: Callable[..., Value], *specs: Spec) -> list[str]:
    """The ops that `build` emits, without constants."""
    graph = Builder()
    inputs = [graph.input(spec, "x") for spec in specs]
    return [n.op for n in graph.finish([build(*inputs)]).nodes if n.op != "Const"]


def evaluate(build: Callable[..., Value], *arrays: Array, known_rank: bool = True) -> Array:
    """The array that `build` computes; checks that the inferred shape and dtype hold."""
    (result,) = evaluate_all(build, arrays, [a.shape if known_rank else None for a in arrays], exact=True)
    return result


def evaluate_all(
    build: Callable[..., Value | Sequence[Value]],
    arrays: Sequence[Array],
    shapes: Sequence[Shape],
    *,
    exact: bool = False,
) -> list[Array]:
    """The arrays that `build` computes of `arrays`, of whose shapes the graph knows `shapes`.

    Checks that the inferred dtypes and shapes hold and, for `exact`, that no dimension is unknown.
    """
    graph = Builder()
    specs = [Spec(shape, dtypes.of(a.dtype)) for a, shape in zip(arrays, shapes, strict=True)]
    made = build(*(graph.input(spec, "x") for spec in specs))
    outputs = [made] if isinstance(made, Value) else list(made)
    results = [np.asarray(r) for r in run(graph.finish(outputs), arrays, {})]
    for output, result in zip(outputs, results, strict=True):
        assert output.dtype.numpy == result.dtype
        merge_shapes(output.shape, result.shape)
        assert not exact or output.shape in (None, result.shape)
    return results
