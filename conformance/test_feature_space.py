"""A FeatureSpace learns and computes in NumPy what it does in Keras; its files go both ways.

tf_keras does not restore learned boundaries from its own archives of a FeatureSpace; here none are learned for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
from conformance.case import Keras  # noqa: E402
from conformance.closeness import assert_close  # noqa: E402
from conformance.installed import is_keras3  # noqa: E402

# What TensorFlow itself says of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(5)
TABLE: dict[str, Any] = {
    "age": RNG.normal(40, 12, 50).astype(np.float32),
    "size": RNG.normal(size=50).astype(np.float32),
    "price": RNG.normal(size=50).astype(np.float32),
    "bin": RNG.normal(size=50).astype(np.float32),
    "town": RNG.choice(["Rome", "Oslo", "Bern", "Zürich"], 50, p=[0.4, 0.3, 0.2, 0.1]),
    "code": RNG.choice([3, 5, 7, 11], 50, p=[0.1, 0.2, 0.3, 0.4]),
    "street": RNG.choice(["a", "b", "c"], 50),
    "number": RNG.integers(0, 90, 50),
}
COLUMNS = {name: column[:, None] for name, column in TABLE.items()}


def features(owner: Any, learned_bins: bool) -> dict[str, Any]:
    bins = owner.float_discretized(4) if learned_bins else "float"
    return {
        "age": "float_normalized",
        "size": "float",
        "price": owner.float_rescaled(2.0, -1.0),
        "bin": bins,
        "town": "string_categorical",
        "code": owner.integer_categorical(max_tokens=4),
        "street": owner.string_hashed(4),
        "number": "integer_hashed",
    }


def live(keras: Keras, mode: str, learned_bins: bool = True) -> Any:
    owner = keras.utils.FeatureSpace
    given = features(owner, learned_bins)
    if mode == "dict":
        given["town"] = owner.string_categorical(output_mode="int")
    made = owner(given, output_mode=mode, crosses=[("town", "code")], crossing_dim=6)
    made.adapt(tf.data.Dataset.from_tensor_slices(TABLE))
    return made


def of(model: Any) -> dict[str, np.ndarray]:
    """The outputs of a live FeatureSpace, by name."""
    found = model({name: tf.constant(column) for name, column in COLUMNS.items()})
    return {n: np.asarray(a) for n, a in (found if isinstance(found, dict) else {"": found}).items()}


def check(what: str, found: Any, expected: dict[str, np.ndarray]) -> None:
    found = found if isinstance(found, dict) else {"": found}
    assert sorted(found) == sorted(expected)
    for name, array in expected.items():
        assert_close(f"{what} {name}", np.asarray(found[name]).astype(array.dtype), array, 1e-5)


@pytest.mark.parametrize("mode", ["concat", "dict"])
def test_numpy_learns_the_same(keras: Keras, mode: str) -> None:
    expected = of(live(keras, mode))
    owner = kerasfmt.layers.FeatureSpace
    given = features(owner, learned_bins=True)
    if mode == "dict":
        given["town"] = owner.string_categorical(output_mode="int")
    ours = owner(given, output_mode=mode, crosses=[("town", "code")], crossing_dim=6)
    ours.adapt(TABLE)
    check("NumPy", ours.predict(TABLE), expected)


@pytest.mark.parametrize("mode", ["concat", "dict"])
def test_a_live_one_and_its_files(keras: Keras, mode: str, tmp_path: Path) -> None:
    space = live(keras, mode)
    expected = of(space)
    check("live", kerasfmt.from_keras(space).predict(TABLE), expected)
    space.save(tmp_path / "theirs.keras")
    loaded = kerasfmt.load_model(tmp_path / "theirs.keras")
    assert isinstance(loaded, kerasfmt.layers.FeatureSpace)
    check("theirs, read", loaded.predict(TABLE), expected)
    if is_keras3(keras):
        kerasfmt.save_model(space, tmp_path / "ours.keras")
        check("ours, read by Keras", of(keras.models.load_model(tmp_path / "ours.keras")), expected)


def test_other_files_hold_a_model_of_layers(keras: Keras, tmp_path: Path) -> None:
    space = live(keras, "concat", learned_bins=False)
    expected = of(space)
    kerasfmt.save_model(space, tmp_path / "saved")
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    given = {
        name: tf.cast(tf.constant(COLUMNS[name]), spec.dtype)
        if spec.dtype != tf.string
        else tf.constant(COLUMNS[name])
        for name, spec in served.structured_input_signature[1].items()
    }
    check("SavedModel", dict(zip([""], served(**given).values(), strict=True)), expected)
    if not is_keras3(keras):
        kerasfmt.save_model(space, tmp_path / "ours.keras", save_format="tf_keras")
        check("archive", keras.models.load_model(tmp_path / "ours.keras")(given).numpy(), expected)
        again = keras.models.load_model(tmp_path / "saved")
        check("SavedModel in Keras", again(given).numpy(), expected)


def test_a_model_that_goes_on_from_it(keras: Keras, tmp_path: Path) -> None:
    space = live(keras, "concat")
    model = keras.Model(space.get_inputs(), keras.layers.Dense(2)(space.get_encoded_features()))
    ours = kerasfmt.from_keras(model)
    kernel, bias = (np.asarray(w) for w in model.layers[-1].get_weights())
    check("live", ours.predict(COLUMNS), {"": of(space)[""] @ kernel + bias})
    if is_keras3(keras):
        model.save(tmp_path / "m.keras")
        check(
            "theirs", kerasfmt.load_model(tmp_path / "m.keras").predict(COLUMNS), {"": ours.predict(COLUMNS)}
        )
