"""`.weights.h5`: what every installed Keras writes is loaded here, what is written here is loaded by it.

Runs with the Python of any environment.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from conformance.archive_models import MANY, MLP, MODELS, assert_same, live, optimizer_values, save_format
from conformance.case import Case, Keras
from conformance.installed import is_keras3


def _ours(model: Any, where: Path) -> Any:
    """The model, as an archive has it, and one like it with weights of its own."""
    model.save(where / "theirs.keras")
    return kerasfmt.load_model(where / "theirs.keras"), kerasfmt.load_model(where / "theirs.keras")


def _zeroed(model: Any) -> None:
    for weight in model.weights:
        weight.value = np.zeros(weight.shape, weight.dtype.numpy)


def _members(path: Path) -> dict[str, Any]:
    """What a file holds: attributes of groups; shape and type of arrays, but for the counter's width.

    A layer inside of a layer has a name that nobody chose; random layers have a state with Keras 3.0, and what
    metrics have summed up is no weight.
    """
    found: dict[str, Any] = {}

    def add(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if "seed_generator" in name or name.split("/")[0] == "metrics":
            return
        if isinstance(item, h5py.Group):
            found[name] = dict(item.attrs) if name.count("/") < 3 else sorted(item.attrs)
        else:
            found[name] = (item.shape, "counter" if item.dtype.kind in "iu" else item.dtype, dict(item.attrs))

    with h5py.File(path) as file:
        file.visititems(add)
    return found


@pytest.mark.parametrize("case", MODELS, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_reads_what_keras_writes(tmp_path: Path, keras: Keras, case: Case) -> None:
    model, x, expected = live(keras, case)
    ours, _ = _ours(model, tmp_path)
    _zeroed(ours)
    model.save_weights(tmp_path / "theirs.weights.h5")
    kerasfmt.load_weights(ours, tmp_path / "theirs.weights.h5")
    assert_same(ours.predict(x), expected, case)


@pytest.mark.parametrize("case", MODELS, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_keras_reads_what_is_written(tmp_path: Path, keras: Keras, case: Case) -> None:
    model, x, expected = live(keras, case)
    kerasfmt.save_weights(model, tmp_path / "ours.weights.h5", save_format=save_format(keras))
    state = optimizer_values(keras, model) if case is MLP else []
    model.save_weights(tmp_path / "theirs.weights.h5")
    mine, theirs = _members(tmp_path / "ours.weights.h5"), _members(tmp_path / "theirs.weights.h5")
    if case is MANY:  # a model in two models is stored for both; an optimizer that never ran is not stored
        theirs = {name: held for name, held in theirs.items() if not name.startswith("optimizer")}
        mine = {name: held for name, held in mine.items() if name in theirs}
    if case.name == "wrapped" and not is_keras3(keras):  # groups of a Bidirectional that hold nothing
        theirs = {name: held for name, held in theirs.items() if "/layer/layer" not in name or name in mine}
    assert mine == theirs
    for weight in model.weights:
        weight.assign(np.zeros(tuple(weight.shape), "float32"))
    # A trained model of Keras 2 looks for the sums of its metrics too, which are not written.
    options = {"skip_mismatch": True} if case is MLP and not is_keras3(keras) else {}
    model.load_weights(tmp_path / "ours.weights.h5", **options)
    assert_same(model.predict(x, verbose=0), expected, case)
    if case is MLP:
        for mine, other in zip(optimizer_values(keras, model), state, strict=True):
            np.testing.assert_array_equal(mine, other)


@pytest.mark.filterwarnings("ignore")
def test_shards(tmp_path: Path, keras: Keras) -> None:
    if not is_keras3(keras):
        pytest.skip("Keras 2 has no shards")
    model, x, expected = live(keras, MLP)
    size = 300 / (1 << 30)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    model.save_weights(tmp_path / "a" / "m.weights.json", max_shard_size=size)
    kerasfmt.save_weights(model, tmp_path / "b" / "m.weights.json", max_shard_size=size)
    theirs, ours = (json.loads((tmp_path / d / "m.weights.json").read_text()) for d in "ab")
    assert ours["weight_map"] == theirs["weight_map"]
    again, _ = _ours(model, tmp_path)
    _zeroed(again)
    kerasfmt.load_weights(again, tmp_path / "a" / "m.weights.json")
    assert_same(again.predict(x), expected, MLP)
    for weight in model.weights:
        weight.assign(np.zeros(tuple(weight.shape), "float32"))
    model.load_weights(tmp_path / "b" / "m.weights.json")
    assert_same(model.predict(x, verbose=0), expected, MLP)


@pytest.mark.filterwarnings("ignore")
def test_bfloat16(tmp_path: Path, keras: Keras) -> None:
    """Keras 3 reads its own bfloat16 back; Keras 2 writes it so that only kerasfmt can."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="bfloat16", name="dense")])
    values = [np.asarray(w, "float32") for w in model.get_weights()]

    def held(loaded: kerasfmt.Model) -> list[np.ndarray]:
        assert {w.dtype.name for w in loaded.weights} == {"bfloat16"}
        return [w.numpy().astype("float32") for w in loaded.weights]

    model.save(tmp_path / "m.keras")
    model.save(tmp_path / "m.h5")
    model.save_weights(tmp_path / "m.weights.h5")
    ours = kerasfmt.load_model(tmp_path / "m.keras")
    for loaded in (ours, kerasfmt.load_model(tmp_path / "m.h5")):
        for mine, other in zip(held(loaded), values, strict=True):
            np.testing.assert_array_equal(mine, other)
    _zeroed(ours)
    kerasfmt.load_weights(ours, tmp_path / "m.weights.h5")
    for mine, other in zip(held(ours), values, strict=True):
        np.testing.assert_array_equal(mine, other)
    if is_keras3(keras):
        kerasfmt.save_model(ours, tmp_path / "ours.keras")
        again = keras.models.load_model(tmp_path / "ours.keras")
        kerasfmt.save_weights(ours, tmp_path / "ours.weights.h5")
        model.load_weights(tmp_path / "ours.weights.h5")
        assert _members(tmp_path / "ours.weights.h5") == _members(tmp_path / "m.weights.h5")
        for loaded in (again, model):
            for mine, other in zip(loaded.get_weights(), values, strict=True):
                np.testing.assert_array_equal(np.asarray(mine, "float32"), other)
