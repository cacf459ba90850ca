"""`.keras` archives: what every installed Keras writes is loaded here, what is written here is loaded by it.

Runs with the Python of any environment: with tf_keras, Keras 2 or Keras 3 on any backend, or several of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from conformance.archive_models import (
    MANY,
    MLP,
    MODELS,
    assert_same,
    is_compiled,
    live,
    optimizer_values,
    save_format,
)
from conformance.case import Case, Keras
from conformance.installed import is_keras3, kerases
from kerasfmt import layers as our_layers

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

KERASES = kerases()

NOT_IN_KERAS2 = ("wrapped", "of_applications")
"""Models that Keras 2 does not read from its own archives: it does not find the classes of layers in them."""


@pytest.mark.parametrize("case", MODELS, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_reads_what_keras_writes(tmp_path: Path, keras: Keras, case: Case) -> None:
    model, x, expected = live(keras, case)
    model.save(tmp_path / "theirs.keras")
    ours = kerasfmt.load_model(tmp_path / "theirs.keras")
    assert_same(ours.predict(x), expected, case)
    assert (ours.training_config is not None) == is_compiled(model)
    if case is MLP:
        compiled = ours.training_config
        assert compiled is not None
        slots = [v.numpy() for v in compiled.variables]
        theirs = optimizer_values(keras, model)
        if is_keras3(keras):
            np.testing.assert_allclose(compiled.learning_rate.value[()], theirs.pop(1))
        for mine, other in zip(slots, theirs, strict=True):
            np.testing.assert_array_equal(mine, other)


@pytest.mark.filterwarnings("ignore")
def test_an_archive_that_names_no_optimizer(tmp_path: Path, keras: Keras) -> None:
    """Keras 3 forgets the optimizer's name once it has written the model to HDF5."""
    model, x, expected = live(keras, MLP)
    model.save(tmp_path / "first.h5")
    model.save(tmp_path / "theirs.keras")
    ours = kerasfmt.load_model(tmp_path / "theirs.keras")
    assert_same(ours.predict(x), expected, MLP)
    assert (ours.training_config is None) == is_keras3(keras)
    kerasfmt.save_model(ours, tmp_path / "ours.h5")


@pytest.mark.parametrize("case", MODELS, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_keras_reads_what_is_written(tmp_path: Path, keras: Keras, case: Case) -> None:
    model, x, expected = live(keras, case)
    model.save(tmp_path / "theirs.keras")
    ours = kerasfmt.load_model(tmp_path / "theirs.keras")
    kerasfmt.save_model(ours, tmp_path / "ours.keras", save_format=save_format(keras))
    keras.backend.clear_session()
    if not is_keras3(keras) and case.name in NOT_IN_KERAS2:
        with pytest.raises((TypeError, ValueError)):
            keras.models.load_model(tmp_path / "theirs.keras")
        return
    loaded = keras.models.load_model(tmp_path / "ours.keras")
    assert_same(loaded.predict(x, verbose=0), expected, case)
    if case is not MANY:  # its model in two models is two models once it is read from a file
        assert [tuple(w.shape) for w in loaded.weights] == [tuple(w.shape) for w in model.weights]
    assert is_compiled(loaded) == is_compiled(model)
    if case is MLP:
        for mine, other in zip(optimizer_values(keras, loaded), optimizer_values(keras, model), strict=True):
            np.testing.assert_array_equal(mine, other)
        loaded.fit(np.ones((8, 5)), np.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]], verbose=0)


@pytest.mark.parametrize("case", MODELS, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_keras_3_reads_hdf5_in_its_words(tmp_path: Path, keras: Keras, case: Case) -> None:
    if not is_keras3(keras):
        pytest.skip("Keras 2 does not read it")
    model, x, expected = live(keras, case)
    kerasfmt.save_model(kerasfmt.from_keras(model), tmp_path / "ours.h5", save_format="keras_h5")
    assert_same(kerasfmt.load_model(tmp_path / "ours.h5").predict(x), expected, case)
    keras.backend.clear_session()
    assert_same(keras.models.load_model(tmp_path / "ours.h5").predict(x, verbose=0), expected, case)


@pytest.mark.parametrize("case", MODELS, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_the_other_dialect_says_the_same(tmp_path: Path, keras: Keras, case: Case) -> None:
    """Keras 2's model in Keras 3's dialect, and the other way round, still predicts the same here."""
    model, x, expected = live(keras, case)
    model.save(tmp_path / "theirs.keras")
    other = "tf_keras" if is_keras3(keras) else "keras"
    kerasfmt.save_model(
        kerasfmt.load_model(tmp_path / "theirs.keras"), tmp_path / "other.keras", save_format=other
    )
    assert_same(kerasfmt.load_model(tmp_path / "other.keras").predict(x), expected, case)


@pytest.mark.skipif(len(KERASES) < 2, reason="takes Keras 2 and Keras 3 in one environment")
@pytest.mark.parametrize("case", MODELS, ids=str)
@pytest.mark.parametrize(("writer", "reader"), [(0, -1), (-1, 0)], ids=["2to3", "3to2"])
@pytest.mark.filterwarnings("ignore")
def test_goes_from_one_keras_to_the_other(tmp_path: Path, writer: int, reader: int, case: Case) -> None:
    model, x, expected = live(KERASES[writer], case)
    model.save(tmp_path / "theirs.keras")
    ours = kerasfmt.load_model(tmp_path / "theirs.keras")
    kerasfmt.save_model(ours, tmp_path / "ours.keras", save_format=save_format(KERASES[reader]))
    if not is_keras3(KERASES[reader]) and case.name in NOT_IN_KERAS2:
        live(KERASES[reader], case)[0].save(tmp_path / "own.keras")
        with pytest.raises((TypeError, ValueError)):
            KERASES[reader].models.load_model(tmp_path / "own.keras")
        return
    loaded = KERASES[reader].models.load_model(tmp_path / "ours.keras")
    assert_same(loaded.predict(x, verbose=0), expected, case)
    if case is MLP:
        states = [optimizer_values(KERASES[i], m) for i, m in ((writer, model), (reader, loaded))]
        for values, index in zip(states, (writer, reader), strict=True):
            if index == -1:
                del values[1]  # the learning rate, a variable in Keras 3 only
        for mine, other in zip(*states, strict=True):
            np.testing.assert_array_equal(mine, other)


def test_layers_that_a_keras_lacks(keras: Keras) -> None:
    exported = {name: getattr(our_layers, name) for name in our_layers.__all__ if name != "Operation"}
    facts = {name: item.facts for name, item in exported.items() if issubclass(item, our_layers.Layer)}
    stated = {
        name: (found.name_in_keras3 if is_keras3(keras) else None) or name for name, found in facts.items()
    }
    missing = {name for name, known in stated.items() if not hasattr(keras.layers, known)}
    missing -= {"CustomScaleLayer", "LayerScale", "StochasticDepth"}  # of keras.applications
    missing -= {
        "FeatureSpace",
        "TFDConcat",
        "TFDIdentity",
    }  # which Keras has in keras.utils, or does not export
    if is_keras3(keras):
        assert missing == {name for name, stated in facts.items() if stated.absent_in == 3}
    else:
        experimental = {n for n, stated in facts.items() if stated.module == "keras.layers.experimental"}
        elsewhere = {name for name in experimental if hasattr(keras.layers.experimental, name)}
        lacking = {name for name, stated in facts.items() if stated.absent_in == 2}
        made_by_models = {"SlicingOpLambda", "TFOpLambda", "AddLoss", "AddMetric", "BareLayer"}
        assert missing - elsewhere == {*lacking, *made_by_models}
