"""SavedModels and checkpoints of Keras 2 with vocabularies: learned, set, and in files that became assets."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasfmt  # noqa: E402
from conformance.closeness import assert_close  # noqa: E402
from conformance.installed import keras2  # noqa: E402

keras: Any = keras2()

TEXTS = np.array([["a b"], ["b"], ["never"], [""]], object)
NUMBERS = np.array([[5], [7], [0], [-3]])
DATA = np.array([["a b"], ["b c"], ["c"], ["c"]], object)


def _adapted(layer: Any, data: Any = DATA) -> Any:
    layer.adapt(data)
    return layer


def _set(layer: Any, *vocabulary: Any) -> Any:
    layer.set_vocabulary(*vocabulary)
    return layer


CASES: dict[str, tuple[Callable[[Any, str], Any], Any]] = {
    "adapted": (lambda layers, path: _adapted(layers.StringLookup()), TEXTS),
    "adapted with a mask": (
        lambda layers, path: _adapted(layers.StringLookup(mask_token="", num_oov_indices=2, max_tokens=5)),
        TEXTS,
    ),
    "adapted weights": (lambda layers, path: _adapted(layers.StringLookup(output_mode="tf_idf")), TEXTS),
    "adapted, padded": (
        lambda layers, path: _adapted(
            layers.StringLookup(output_mode="tf_idf", max_tokens=9, pad_to_max_tokens=True)
        ),
        TEXTS,
    ),
    "adapted integers": (lambda layers, path: _adapted(layers.IntegerLookup(), NUMBERS), NUMBERS),
    "set": (lambda layers, path: _set(layers.StringLookup(), ["x", "b"]), TEXTS),
    "set and inverted": (lambda layers, path: _set(layers.StringLookup(invert=True), ["x", "b"]), NUMBERS),
    "a file": (lambda layers, path: layers.StringLookup(vocabulary=path), TEXTS),
    "a file, inverted": (lambda layers, path: layers.StringLookup(vocabulary=path, invert=True), NUMBERS),
    "a file that was set": (lambda layers, path: _set(layers.StringLookup(), path), TEXTS),
    "texts": (lambda layers, path: _adapted(layers.TextVectorization(ngrams=2)), TEXTS),
    "weights of texts": (
        lambda layers, path: _adapted(layers.TextVectorization(output_mode="tf_idf")),
        TEXTS,
    ),
    "texts with a file": (lambda layers, path: layers.TextVectorization(vocabulary=path), TEXTS),
}


def _assert_equal(got: Any, expected: Any) -> None:
    if np.asarray(expected).dtype == object:
        np.testing.assert_array_equal(np.asarray(got, object), expected)
    else:
        assert_close("output", np.asarray(got), np.asarray(expected), 1e-6)


@pytest.mark.parametrize("name", CASES)
def test_vocabularies_come_from_the_file(name: str, tmp_path: Path) -> None:
    keras.backend.clear_session()
    build, x = CASES[name]
    words = tmp_path / "words.txt"
    words.write_text("a\nb\nc b\n")
    layer = build(keras.layers, str(words))
    inputs = keras.Input((1,), dtype="string" if x.dtype == object else "int64", name="x")
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "theirs", save_format="tf")
    model.save_weights(tmp_path / "checkpoint" / "w", save_format="tf")
    expected = model(tf.constant(x)).numpy()
    vocabulary = layer.get_vocabulary()
    words.unlink()

    kerasfmt.clear_session()
    found = kerasfmt.load_model(tmp_path / "theirs")
    assert found.layers[-1].get_vocabulary() == vocabulary
    _assert_equal(found.predict(x), expected)
    kerasfmt.load_weights(found, tmp_path / "checkpoint" / "w")
    _assert_equal(found.predict(x), expected)

    kerasfmt.save_model(found, tmp_path / "ours")
    _assert_equal(keras.models.load_model(tmp_path / "ours")(tf.constant(x)).numpy(), expected)
    loaded = tf.saved_model.load(str(tmp_path / "ours")).signatures["serving_default"](x=tf.constant(x))
    _assert_equal(next(iter(loaded.values())).numpy(), expected)
    graph = kerasfmt.load_graph_model(tmp_path / "theirs")
    _assert_equal(next(iter(graph.signatures["serving_default"](x=x).values())), expected)
    _assert_equal(graph(x), expected)

    kerasfmt.save_model(found, tmp_path / "m.keras")
    _assert_equal(kerasfmt.load_model(tmp_path / "m.keras").predict(x), expected)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kerasfmt.save_weights(found, tmp_path / "ours_ckpt" / "w", save_format="tf")
    model.load_weights(tmp_path / "ours_ckpt" / "w").assert_existing_objects_matched()
    _assert_equal(model(tf.constant(x)).numpy(), expected)
