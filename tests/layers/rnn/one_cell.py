"""One step of a cell, run in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.graph.run import LazyState, run
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure, flatten, map_structure

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(11)


def draw(*shape: int) -> Array:
    """Normally distributed float32 numbers."""
    return RNG.normal(size=shape).astype(np.float32)


def spec_of(array: Array) -> Spec:
    """The Spec of arrays like this with any batch."""
    return Spec((None, *array.shape[1:]), dtypes.of(array.dtype))


def built(cell: Layer, features: int) -> Layer:
    """The cell, built for so many features, with weights that no initializer makes."""
    cell.ensure_built(Spec((None, features), cell.compute_dtype))
    for weight in cell.weights:
        weight.value = RNG.normal(size=weight.shape).astype(weight.dtype.numpy)
    return cell


def step(cell: Layer, x: Array, states: Structure, training: bool = False) -> list[Array]:
    """The outputs of a step of a built cell, then the states after it."""
    kwargs = {"states": map_structure(spec_of, states)}
    trace = cell.traces.exact(spec_of(x), kwargs, training)
    return list(run(trace.function, [x, *flatten(states)], LazyState(lambda w: w.numpy())))  # type: ignore[attr-defined]
