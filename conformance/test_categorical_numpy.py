"""Layers of categories, and layers that are adapted: kerasfmt in NumPy computes and learns the same as Keras 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import kerasfmt
from conformance.case import Case
from conformance.cases.categorical import LAYERS
from conformance.cases.layer import layer_cases
from conformance.closeness import assert_close
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""TensorFlow's own adapt, with NumPy 2, warns."""


@pytest.mark.parametrize("case", layer_cases(LAYERS, adapted=False), ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)


RNG = np.random.default_rng(11)
ROWS = RNG.normal(size=(1000, 3)).astype("float32")
COUNTS = RNG.integers(-20, 50, (333, 2))
ADAPTED: dict[str, tuple[str, dict[str, Any], Any, dict[str, Any]]] = {
    "bins": ("Discretization", {"num_bins": 5}, ROWS, {}),
    "many bins": ("Discretization", {"num_bins": 100}, ROWS, {}),
    "more bins than a summary has": ("Discretization", {"num_bins": 300}, ROWS, {}),
    "one bin": ("Discretization", {"num_bins": 1}, ROWS, {}),
    "epsilon": ("Discretization", {"num_bins": 7, "epsilon": 0.05}, ROWS, {}),
    "coarse": ("Discretization", {"num_bins": 3, "epsilon": 0.4}, ROWS, {}),
    "few numbers": ("Discretization", {"num_bins": 10}, ROWS[:1], {}),
    "integers": ("Discretization", {"num_bins": 6}, COUNTS, {}),
    "large batches": ("Discretization", {"num_bins": 6}, ROWS, {"batch_size": 400}),
    "steps": ("Discretization", {"num_bins": 6}, ROWS, {"batch_size": 10, "steps": 7}),
    "counts": ("Discretization", {"num_bins": 6, "output_mode": "count"}, ROWS, {}),
    "statistics": ("Normalization", {}, ROWS, {}),
    "statistics of integers": ("Normalization", {"axis": None}, COUNTS, {"batch_size": 50}),
    "statistics of all axes": ("Normalization", {"axis": [0, 1]}, ROWS[:32], {}),
    "statistics of float64": ("Normalization", {"dtype": "float64"}, ROWS.astype("float64"), {}),
    "statistics of few steps": ("Normalization", {}, ROWS, {"batch_size": 7, "steps": 2}),
}


@pytest.mark.parametrize("name", ADAPTED)
def test_adapted(name: str) -> None:
    kind, options, data, given = ADAPTED[name]
    keras.backend.clear_session()
    theirs, ours = getattr(keras.layers, kind)(**options), getattr(kerasfmt.layers, kind)(**options)
    for layer in (theirs, ours):
        layer.adapt(data, **given)
    for mine, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_close("weight", mine, their, 1e-5)
    assert_close(
        "shape that Keras notes", np.array(ours.batch_input_shape), np.array(theirs._batch_input_shape), 0
    )
    if kind == "Discretization":
        assert list(ours.boundaries) == list(theirs.bin_boundaries)
    x = kerasfmt.Input(
        batch_shape=(32 if options.get("axis") == [0, 1] else None, *data.shape[1:]), dtype=data.dtype
    )
    model = kerasfmt.Model(x, ours(x))
    assert_close("output", model.predict(data[:32]), theirs(data[:32]).numpy(), 1e-5)


def test_adapted_again_and_through_an_iterator() -> None:
    layer, other = (kerasfmt.layers.Discretization(num_bins=4) for _ in range(2))
    model = kerasfmt.Sequential([kerasfmt.Input((3,)), layer])
    before = model.predict(ROWS)
    layer.adapt(ROWS * 5)
    layer.adapt(ROWS)
    other.adapt(iter([ROWS[start : start + 32] for start in range(0, 1000, 32)]))
    assert layer.boundaries == other.boundaries
    assert not np.array_equal(before, model.predict(ROWS))
