"""Random layers: the training function of our SavedModel against Keras's layer and Keras's SavedModel.

One model holds every random layer. Each has an output of its own, once with a seed and once without.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
from conformance.draws import check_distributions, statistics  # noqa: E402
from conformance.installed import keras2  # noqa: E402

keras: Any = keras2()

pytestmark = pytest.mark.filterwarnings("ignore")

Array = np.ndarray[Any, Any]

DRAWS = 300

IMAGES: dict[str, dict[str, Any]] = {
    "SpatialDropout2D": {"rate": 0.3},
    "RandomFlip": {},
    "RandomCrop": {"height": 5, "width": 4},
    "RandomRotation": {"factor": 0.2},
    "RandomZoom": {"height_factor": 0.3, "width_factor": (-0.2, 0.4)},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.2},
    "RandomContrast": {"factor": 0.5},
    "RandomBrightness": {"factor": 0.3, "value_range": (-2.0, 2.0)},
    "RandomHeight": {"factor": 0.3},
    "RandomWidth": {"factor": (-0.2, 0.4)},
}
ROWS: dict[str, dict[str, Any]] = {
    "Dropout": {"rate": 0.3},
    "SpatialDropout1D": {"rate": 0.3},
    "GaussianNoise": {"stddev": 0.5},
    "GaussianDropout": {"rate": 0.3},
    "AlphaDropout": {"rate": 0.3},
}
VOLUMES: dict[str, dict[str, Any]] = {"SpatialDropout3D": {"rate": 0.3}}
FAMILIES = (((6, 5), ROWS), ((7, 6, 3), IMAGES), ((3, 2, 4, 3), VOLUMES))
NAMES = [name for _, family in FAMILIES for name in family]


def inputs() -> list[Array]:
    rng = np.random.default_rng(4)
    return [rng.uniform(0.5, 1.5, (8, *shape)).astype("float32") for shape, _ in FAMILIES]


def every_layer(seeded: bool) -> Any:
    tensors = [keras.Input(shape) for shape, _ in FAMILIES]
    outputs = {}
    for tensor, (_, family) in zip(tensors, FAMILIES, strict=True):
        for seed, (name, options) in enumerate(family.items(), 11):
            given = {**options, "seed": seed} if seeded else options
            outputs[name] = getattr(keras.layers, name)(**given, name=f"the_{name}")(tensor)
    return keras.Model(tensors, outputs)


class Saved(NamedTuple):
    """A Keras model, and where our SavedModel and Keras's of it lie."""

    model: Any
    ours: Path
    theirs: Path


@pytest.fixture(scope="module", params=[False, True], ids=["free", "seeded"])
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    where = tmp_path_factory.mktemp("random")
    tf.random.set_seed(None)  # a global seed of an earlier test would go into the traces
    model = every_layer(request.param)
    model.save(where / "model.h5")
    keras.models.load_model(where / "model.h5").save(where / "theirs")
    kerasfmt.save_model(kerasfmt.load_model(where / "model.h5"), where / "ours")
    return Saved(model, where / "ours", where / "theirs")


RESIZED = ("RandomCrop", "RandomHeight", "RandomWidth")


def sample(call: Any) -> dict[str, Array]:
    """Per layer, the statistics of each draw: float64 (DRAWS, n)."""
    given = inputs()
    of = {name: x for x, (_, family) in zip(given, FAMILIES, strict=True) for name in family}
    draws = [call([tf.constant(x) for x in given]) for _ in range(DRAWS)]
    return {
        name: np.stack([statistics(of[name], d[name].numpy(), resized=name in RESIZED) for d in draws])
        for name in NAMES
    }


def test_the_distribution_is_that_of_the_layer(saved: Saved) -> None:
    model = saved.model
    loaded = tf.saved_model.load(str(saved.ours))
    theirs = sample(tf.function(lambda x: model(x, training=True)))
    ours = sample(lambda x: loaded(x, training=True))
    for name in NAMES:
        a, b = ours[name], theirs[name]
        check_distributions(name, a, b)


def test_inference_changes_nothing_at_random(saved: Saved) -> None:
    given = [tf.constant(x) for x in inputs()]
    loaded = tf.saved_model.load(str(saved.ours))
    wanted = saved.model(given, training=False)
    for _ in range(2):
        for name, y in loaded(given, training=False).items():
            np.testing.assert_allclose(y, wanted[name], rtol=1e-6, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("saved", [True], indirect=True, ids=["seeded"])
def test_a_seed_fixes_what_the_saved_function_draws(saved: Saved) -> None:
    given = [tf.constant(x) for x in inputs()]
    tf.random.set_seed(1)
    ours, theirs = (tf.saved_model.load(str(path)) for path in (saved.ours, saved.theirs))
    seen = []
    for draw in range(3):
        got, wanted = ours(given, training=True), theirs(given, training=True)
        for name in NAMES:
            np.testing.assert_allclose(
                got[name], wanted[name], rtol=1e-6, atol=1e-6, err_msg=f"{name}, draw {draw}"
            )
        seen.append(got)
    for name in NAMES:
        same = seen[0][name].shape == seen[1][name].shape == seen[2][name].shape
        assert not same or np.any(seen[0][name] != seen[1][name]) or np.any(seen[0][name] != seen[2][name])


@pytest.mark.parametrize("saved", [True], indirect=True, ids=["seeded"])
def test_a_seed_fixes_what_keras_draws_after_loading(saved: Saved) -> None:
    given = [tf.constant(x) for x in inputs()]
    drawn = []
    for path in (saved.ours, saved.theirs):
        model = keras.models.load_model(path)
        tf.random.set_seed(3)
        drawn.append(model(given, training=True))
    for name in NAMES:
        np.testing.assert_allclose(drawn[0][name], drawn[1][name], rtol=1e-6, atol=1e-6, err_msg=name)
