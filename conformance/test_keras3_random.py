"""Random layers of Keras 3 in training: our SavedModel in TensorFlow, and NumPy, against draws of the layer itself."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
from conformance.draws import check_distributions, statistics  # noqa: E402
from kerasfmt.graph.run import run  # noqa: E402

keras3 = importlib.import_module("keras")
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not keras3.__version__.startswith("3."), reason="these layers are Keras 3's"),
]

DRAWS = 80
IMAGES = np.random.default_rng(4).uniform(0, 1, (5, 9, 11, 3)).astype("float32")
IMAGES[:, :, 4:7] *= 0.2  # a stripe, so that moving it shows
RANGE: dict[str, Any] = {"value_range": (0, 1)}

LAYERS: dict[str, tuple[str, dict[str, Any]]] = {
    "MixUp": ("MixUp", {"alpha": 0.4}),
    "MixUp of one": ("MixUp", {"alpha": 1.0}),
    "CutMix": ("CutMix", {"factor": (0.5, 1.0)}),
    "CutMix by default": ("CutMix", {}),
    "RandomElasticTransform": ("RandomElasticTransform", {"scale": (0.5, 1.0), **RANGE}),
    "RandomElasticTransform, filled": (
        "RandomElasticTransform",
        {"factor": 0.7, "fill_mode": "constant", "fill_value": 0.9, "interpolation": "nearest", **RANGE},
    ),
    "RandAugment": ("RandAugment", {**RANGE, "factor": 0.4}),
    "RandAugment, three times": ("RandAugment", {**RANGE, "num_ops": 3, "interpolation": "nearest"}),
    "AugMix": ("AugMix", RANGE),
    "AugMix, fewer": ("AugMix", {**RANGE, "num_chains": 2, "chain_depth": 2, "all_ops": False, "alpha": 0.7}),
    "RandomElasticTransform, wrapped": ("RandomElasticTransform", {"fill_mode": "wrap", **RANGE}),
}
"""What is compared: the class, and its options."""


def of_draws(call: Any) -> Any:
    return np.stack([statistics(IMAGES, np.asarray(call())) for _ in range(DRAWS)])


def model_of(kind: str, options: dict[str, Any]) -> kerasfmt.Model:
    inputs = kerasfmt.Input(IMAGES.shape[1:])
    return kerasfmt.Model(inputs, getattr(kerasfmt.layers, kind)(**options, seed=7)(inputs))


def kind_of(name: str) -> str:
    return LAYERS[name][0]


@pytest.mark.parametrize("name", LAYERS)
def test_numpy_draws_what_tensorflow_draws(name: str, tmp_path: Path) -> None:
    model = model_of(*LAYERS[name])
    kerasfmt.save_model(model, tmp_path / "saved")
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_array_equal(loaded(IMAGES, training=False), IMAGES)
    function = model.default_trace(training=True).function
    state: dict[Any, Any] = {v: v.numpy() for v in function.captured}  # type: ignore[attr-defined]
    for _ in range(4):
        (ours,) = run(function, [IMAGES], state)
        apart = abs(ours - loaded(IMAGES, training=True).numpy())
        # Equalization and posterization have steps: an element at the edge of one, rounded otherwise, is on the next.
        assert np.mean(apart > 1e-4) < (0.02 if "Aug" in kind_of(name) else 1e-9)
        assert apart.max() < (3 / 255 if "Aug" in kind_of(name) else 1e-4)


@pytest.mark.parametrize("name", LAYERS)
def test_the_distribution_is_that_of_the_layer(name: str, tmp_path: Path) -> None:
    kind, options = LAYERS[name]
    keras3.utils.set_random_seed(5)
    layer = getattr(keras3.layers, kind)(**options)
    kerasfmt.save_model(model_of(kind, options), tmp_path / "saved")
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    ours, theirs = (of_draws(lambda call=call: call(IMAGES, training=True)) for call in (loaded, layer))
    check_distributions(name, ours, theirs, spread=0.45)
