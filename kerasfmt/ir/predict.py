"""Prediction in NumPy: a model's inference function, run batch by batch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph.memory import allocating, least_bytes
from kerasfmt.graph.run import LazyState, run
from kerasfmt.graph.strings import as_bytes
from kerasfmt.ir.structure import flatten, pack_as

if TYPE_CHECKING:
    from kerasfmt.graph import Capture, Variable
    from kerasfmt.ir.structure import Structure
    from kerasfmt.ir.tensor import Tensor
    from kerasfmt.ir.trace import Trace


class Predictor(Protocol):
    """What prediction needs of a model."""

    name: str
    inputs: list[Tensor]
    outputs: list[Tensor]
    inputs_structure: Structure
    outputs_structure: Structure

    def default_trace(self, training: bool = False) -> Trace:
        """The function from inputs to outputs."""


_LONG_RUN = 8
"""Runs of at least this many batches show a progress bar on a terminal."""


def predict(model: Predictor, x: Any, batch_size: int, verbose: bool | None) -> Any:
    """The outputs of `model` for `x`; see `Model.predict`."""
    trace = model.default_trace(training=False)
    arrays = _as_inputs(model, x)
    rows = len(arrays[0])
    batch_size = _batch_size(model, rows, batch_size)
    state = LazyState(_load)
    starts = range(0, max(rows, 1), batch_size)
    show = verbose if verbose is not None else (len(starts) >= _LONG_RUN and sys.stderr.isatty())
    pieces = [
        run(trace.function, [a[s : s + batch_size] for a in arrays], state)
        for s in (_progress(starts) if show else starts)
    ]
    _keep(trace.function.written, state)
    with allocating(f"model {model.name}: its outputs", sum(a.nbytes for piece in pieces for a in piece)):
        joined = [
            np.concatenate(group) if len(group) > 1 else group[0] for group in zip(*pieces, strict=True)
        ]
    return pack_as(model.outputs_structure, joined[: len(model.outputs)])


def _batch_size(model: Predictor, rows: int, wanted: int) -> int:
    """Rows per run: as asked for, or as the model's inputs fix it."""
    if wanted < 1:
        raise ValueError(f"batch_size: expected at least 1, got {wanted}")
    fixed = {tensor.shape[0] for tensor in model.inputs if tensor.shape} - {None}
    if not fixed:
        return wanted
    size = int(next(iter(fixed)) or 0)
    if len(fixed) > 1 or not size or not rows or rows % size:
        raise InvalidModelError(
            f"model {model.name}: its inputs have batches of {sorted(d for d in fixed if d is not None)}, "
            f"which {rows} rows do not fill"
        )
    return size


def _load(variable: Variable) -> Any:
    from kerasfmt.ir.weight import Weight

    assert isinstance(variable, Weight)
    with allocating(f"weight {variable.name}", least_bytes(variable.spec, 1)):
        return variable.numpy()


def _keep(written: Iterable[Capture], state: Mapping[Capture, Any]) -> None:
    """Gives the variables that prediction writes their last content: the states of stateful layers."""
    from kerasfmt.ir.weight import Weight

    for captured in written:
        if isinstance(captured, Weight):
            captured.value = state[captured]


def _progress(batches: Iterable[int]) -> Iterator[int]:
    from rich.console import Console
    from rich.progress import track

    yield from track(batches, description="predict", console=Console(stderr=True))


def _leaves(structure: Structure, x: Any) -> list[Any]:
    """The arrays in a structure like the model's inputs; `x` itself where it has another form."""
    if isinstance(structure, dict) and isinstance(x, dict) and structure.keys() == x.keys():
        return [leaf for key in sorted(structure) for leaf in _leaves(structure[key], x[key])]
    if isinstance(structure, list | tuple) and isinstance(x, list | tuple) and len(structure) == len(x):
        return [leaf for pair in zip(structure, x, strict=True) for leaf in _leaves(*pair)]
    return [x]


def _as_inputs(model: Predictor, x: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(x, dict):
        names = [t.origin.layer.name for t in model.inputs]
        by_name = x.keys() == set(names) and not isinstance(model.inputs_structure, dict)
        structure = model.inputs_structure
        keys = structure.keys() if isinstance(structure, dict) else names
        if not by_name and x.keys() != set(keys):
            raise InvalidModelError(
                f"model {model.name}: expected inputs called {sorted(keys)}, got {sorted(x)}"
            )
        leaves = [x[n] for n in names] if by_name else flatten(x)
    elif isinstance(x, list | tuple) and len(model.inputs) > 1:
        leaves = _leaves(model.inputs_structure, x) if len(x) < len(model.inputs) else list(x)
    else:
        leaves = [x[0]] if isinstance(x, list | tuple) and len(x) == 1 and hasattr(x[0], "shape") else [x]
    if len(leaves) != len(model.inputs):
        raise InvalidModelError(
            f"model {model.name}: expected {len(model.inputs)} input arrays, got {len(leaves)}"
        )
    arrays = []
    for tensor, leaf in zip(model.inputs, leaves, strict=True):
        try:
            is_text = tensor.dtype is dtypes.string
            array = as_bytes(leaf) if is_text else np.asarray(leaf, dtype=tensor.dtype.numpy)
        except (TypeError, ValueError) as error:
            raise InvalidModelError(
                f"model {model.name}: input {tensor.origin.layer.name}: {error}"
            ) from error
        expected = tensor.shape or ()
        fits = array.ndim == len(expected) > 0 and all(
            want is None or want == got for want, got in zip(expected[1:], array.shape[1:], strict=True)
        )
        if not fits:
            raise InvalidModelError(
                f"model {model.name}: input {tensor.origin.layer.name}: expected shape {expected}, got {array.shape}"
            )
        arrays.append(array)
    if len({len(a) for a in arrays}) > 1:
        raise InvalidModelError(f"model {model.name}: its inputs have different numbers of rows")
    return arrays
