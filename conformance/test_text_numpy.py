"""TextVectorization: kerasfmt in NumPy computes and learns the same as Keras 2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import kerasfmt
from conformance.cases.text import SENTENCES, TEXT, VOCABULARY
from conformance.closeness import assert_close
from conformance.installed import keras2

keras: Any = keras2()

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""TensorFlow's own adapt, with NumPy 2, warns."""

DATA = np.array([text.encode() for text in SENTENCES] * 7, object)
OPTIONS: dict[str, dict[str, Any]] = {
    "numbers": {},
    "largest": {"max_tokens": 7},
    "as it is": {"standardize": None},
    "characters": {"split": "character", "standardize": "lower"},
    "ngrams": {"ngrams": 3, "max_tokens": 20},
    "pairs": {"ngrams": (2,)},
    "not split": {"split": None},
    "count": {"output_mode": "count"},
    "padded": {"output_mode": "multi_hot", "max_tokens": 30, "pad_to_max_tokens": True},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_adapted(name: str) -> None:
    keras.backend.clear_session()
    theirs, ours = (layers.TextVectorization(**OPTIONS[name]) for layers in (keras.layers, kerasfmt.layers))
    for layer in (theirs, ours):
        layer.adapt(DATA, batch_size=5)
    assert ours.get_vocabulary() == theirs.get_vocabulary()
    config = theirs.get_config()
    assert {k: v for k, v in ours.get_config().items() if k != "name"} == {
        k: list(v) if k == "batch_input_shape" else v for k, v in config.items() if k != "name"
    }
    texts = TEXT[0].sample(np.random.default_rng(4))
    model = kerasfmt.Sequential([kerasfmt.Input((1,), dtype="string"), ours])
    assert_close("output", model.predict(texts), theirs(texts).numpy(), 1e-6)


def test_documents_are_counted() -> None:
    # Keras counts documents only where all have equally many different tokens.
    data = np.array(["a b c", "b c d", "c d e"])
    theirs, ours = (
        layers.TextVectorization(output_mode="tf_idf") for layers in (keras.layers, kerasfmt.layers)
    )
    for layer in (theirs, ours):
        layer.adapt(data)
    assert ours.get_vocabulary() == theirs.get_vocabulary()
    model = kerasfmt.Sequential([kerasfmt.Input((1,), dtype="string"), ours])
    assert_close("output", model.predict(data[:, None]), theirs(data[:, None]).numpy(), 1e-6)


def test_long_and_many_texts() -> None:
    rng = np.random.default_rng(5)
    words = np.array([*VOCABULARY, "never", "Seen!"], object)
    texts = np.array(
        [" ".join(words[rng.integers(0, len(words), size)]) for size in (1, 50, 5000, 0)], object
    )
    options = {"vocabulary": VOCABULARY, "ngrams": 2, "output_mode": "count"}
    theirs, ours = (layers.TextVectorization(**options) for layers in (keras.layers, kerasfmt.layers))
    model = kerasfmt.Sequential([kerasfmt.Input((), dtype="string"), ours])
    assert_close("output", model.predict(texts), theirs(texts.astype(str)).numpy(), 1e-6)


def test_live_layers_are_taken_with_what_they_learned() -> None:
    keras.backend.clear_session()
    layers = keras.layers
    numbers = np.random.default_rng(6).normal(size=(200, 2)).astype("float32")
    bins, counts, words = (
        layers.Discretization(num_bins=4),
        layers.TextVectorization(output_mode="tf_idf"),
        layers.TextVectorization(),
    )
    bins.adapt(numbers)
    for layer in (counts, words):
        layer.adapt(np.array(["the cat", "a dog"]))
    texts = np.array([["the cat"], ["a dog!"]], object)
    for layer, data, dtype in (
        (bins, numbers, "float32"),
        (counts, texts, "string"),
        (words, texts, "string"),
    ):
        x = keras.Input(data.shape[1:], dtype=dtype)
        theirs = keras.Model(x, layer(x))
        ours = kerasfmt.from_keras(theirs)
        wanted = theirs(data if dtype == "float32" else data.astype(str)).numpy()
        assert_close("output", ours.predict(data), wanted, 1e-6)
