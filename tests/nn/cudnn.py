"""What cuDNN computes, in NumPy: stands in for the kernels that only a GPU has.

Source: the formulas of cudnnRNNMode_t in NVIDIA's cuDNN documentation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.graph.op import find_op
from kerasfmt.graph.run import run
from kerasfmt.nn.fused_rnn import FusedCell, Steps, standard_function

Array = np.ndarray[Any, Any]
BATCH, TIME, FEATURES, UNITS = 3, 4, 2, 5


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def matrices(params: Array, gates: int) -> tuple[Array, Array, Array, Array]:
    """Kernels (gates, units, features), (gates, units, units) and biases (gates, units), of one vector."""
    sizes = [gates * UNITS * FEATURES, gates * UNITS * UNITS, gates * UNITS, gates * UNITS]
    assert params.shape == (sum(sizes),)
    w, r, b, c = np.split(params, np.cumsum(sizes)[:-1])
    shapes = [(gates, UNITS, FEATURES), (gates, UNITS, UNITS), (gates, UNITS), (gates, UNITS)]
    return tuple(a.reshape(s) for a, s in zip((w, r, b, c), shapes, strict=True))  # type: ignore[return-value]


def one_step(mode: str, x: Array, h: Array, c: Array, params: Array) -> tuple[Array, Array]:
    gates = 4 if mode == "lstm" else 3
    w, r, b, d = matrices(params, gates)
    from_x = [x @ w[i].T + b[i] for i in range(gates)]
    from_h = [h @ r[i].T + d[i] for i in range(gates)]
    if mode == "lstm":
        i, f, g, o = (x + h for x, h in zip(from_x, from_h, strict=True))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
    reset, update = (sigmoid(from_x[i] + from_h[i]) for i in range(2))
    new = np.tanh(from_x[2] + reset * from_h[2])
    return (1 - update) * new + update * h, c


def all_steps(
    attrs: Mapping[str, Any], x: Array, h: Array, c: Array, params: Array, *lengths: Array
) -> list[Any]:
    """The outputs of the op CudnnRNN, or of CudnnRNNV3 with lengths."""
    assert attrs["is_training"]
    axis = 0 if not lengths or attrs["time_major"] else 1
    x, h, c = np.moveaxis(x, axis, 0), np.squeeze(h, axis), np.squeeze(c, axis) if c.ndim else c
    outputs = np.zeros((*x.shape[:2], UNITS), x.dtype)
    for time, step in enumerate(x):
        after_h, after_c = one_step(attrs["rnn_mode"], step, h, c, params)
        goes_on = (time < lengths[0])[:, None] if lengths else np.ones((len(step), 1), bool)
        h = np.where(goes_on, after_h, h)
        c = np.where(goes_on, after_c, c) if c.ndim else c
        outputs[time] = np.where(goes_on, after_h, 0)
    states = [np.expand_dims(h, axis), np.expand_dims(c, axis) if c.ndim else c]
    rest = np.zeros(0, x.dtype), np.zeros(0, np.int8)
    return [np.moveaxis(outputs, 0, axis), *states, *rest[: 1 + len(lengths)]]


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives the ops of cuDNN kernels."""
    for op in ("CudnnRNN", "CudnnRNNV3"):
        monkeypatch.setattr(find_op(op), "run", staticmethod(all_steps))


MASKS = {
    "none": None,
    "all": np.ones((BATCH, TIME), bool),
    "right": np.array([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]], bool),
    "left": np.array([[0, 0, 1, 1], [1, 1, 1, 1], [0, 1, 1, 1]], bool),
    "empty": np.array([[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 0]], bool),
}


def _ways() -> Iterator[tuple[Steps, str]]:
    for time_major, backwards, sequences in itertools.product((False, True), repeat=3):
        for mask in MASKS:
            # Without zero_output_for_mask, the loop repeats outputs where cuDNN gives zeros.
            yield Steps(time_major, backwards, mask != "none", sequences), mask


WAYS = list(_ways())


def results(cell: FusedCell, bias: tuple[int, ...], steps: Steps, mask: str) -> list[list[Array]]:
    """What the function that loops gives, and what the one that calls cuDNN gives."""
    rng = np.random.default_rng(7)
    gates = bias[-1] // UNITS
    shapes = [(BATCH, TIME, FEATURES), *((BATCH, UNITS) for _ in cell.states)]
    shapes += [(FEATURES, gates * UNITS), (UNITS, gates * UNITS), bias]
    given = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    found = MASKS[mask]
    if found is not None:
        given.append(found)
    if steps.time_major:
        given = [np.swapaxes(a, 0, 1) if i == 0 or a.dtype == bool else a for i, a in enumerate(given)]
    specs = tuple(Spec(a.shape, dtypes.of(a.dtype)) for a in given)
    loop = standard_function(cell, specs, found is not None, steps)
    (gpu,) = loop.companions
    return [run(function, given, {}) for function in (loop, gpu)]


def check(cell: FusedCell, bias: tuple[int, ...], steps: Steps, mask: str) -> None:
    """Whether cuDNN computes what the loop computes, and falls back on the loop for other masks."""
    by_loop, by_cudnn = results(cell, bias, steps, mask)
    for one, other in zip(by_loop[:-1], by_cudnn[:-1], strict=True):
        assert one.shape == other.shape
    compared = range(len(by_loop) - 1)
    if mask == "right" and not steps.go_backwards:
        # The last output of the loop is the zero of a masked step.
        compared = range(1 if steps.return_sequences else 2, len(by_loop) - 1)
    for i in compared:
        np.testing.assert_allclose(by_cudnn[i], by_loop[i], rtol=1e-5, atol=1e-6)
    falls_back = mask in ("left", "empty")
    assert (float(by_loop[-1]), float(by_cudnn[-1])) == (1, 1 if falls_back else 2)
