from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.layers import Dense, Embedding, Flatten, TextVectorization
from tests.layers.layer_tests import LayerTests, use

WORDS = ["the", "cat", "über", "sat", "the cat"]
TEXTS = np.array([["The cat, the dog!"], ["über   a\tcat"], [""]])
DATA = ["the cat sat", "the dog sat!", "A cat."]


def layer(**options: Any) -> TextVectorization:
    return TextVectorization(vocabulary=options.pop("vocabulary", WORDS), name="it", **options)


def texts(*shape: int | None) -> Any:
    return kerasfmt.Input(shape, dtype="string")


class TestLayers(LayerTests):
    uses = [
        use(TextVectorization(vocabulary=WORDS), (None, 1), gives=(None, None), dtype="string"),
        use(
            TextVectorization(10, "lower", "character", (1, 2), output_sequence_length=5, vocabulary=["a"]),
            (None,),
            gives=(None, 5),
            dtype="string",
        ),
        use(TextVectorization(vocabulary=WORDS, split=None), (None, 3), gives=(None, 3), dtype="string"),
        use(
            TextVectorization(vocabulary=WORDS, split=None, output_sequence_length=2),
            (None, 3),
            gives=(None, None),
            dtype="string",
        ),
        use(
            TextVectorization(vocabulary=WORDS, output_mode="multi_hot", ngrams=2),
            (None, 1),
            gives=(None, 6),
            dtype="string",
        ),
        use(
            TextVectorization(9, None, vocabulary=WORDS, output_mode="count", pad_to_max_tokens=True),
            (None, 1),
            gives=(None, 9),
            dtype="string",
        ),
    ]
    refused = {
        "standardize": (lambda: layer(standardize="upper"), "option standardize: expected one of"),
        "function": (
            lambda: layer(standardize=len),
            "option standardize: len is a function of its own, which kerasfmt cannot run; standardize the texts before",
        ),
        "function of a file": (
            lambda: layer(split={"class_name": "function"}),
            "option split: a function is a function of its own, which kerasfmt cannot run; split the texts before",
        ),
        "ngrams": (lambda: layer(ngrams=0), "option ngrams: expected a whole number of at least 1"),
        "no ngrams": (lambda: layer(ngrams=[]), "option ngrams: expected a whole number of at least 1"),
        "many ngrams": (lambda: layer(ngrams=10**6), "option ngrams: expected at most 1000"),
        "mode": (lambda: layer(output_mode="one_hot"), "option output_mode: expected one of"),
        "tokens": (
            lambda: layer(output_mode=None),
            "option output_mode: the tokens of split texts are ragged",
        ),
        "ragged": (
            lambda: layer(ragged=True),
            "option ragged: ragged outputs are not supported; use ragged=False",
        ),
        "sparse": (
            lambda: layer(output_mode="count", sparse=True),
            "option sparse: sparse outputs are not supported",
        ),
        "length": (
            lambda: layer(output_mode="count", output_sequence_length=3),
            "option output_sequence_length: expected None in output mode 'count', got 3",
        ),
        "negative length": (
            lambda: layer(output_sequence_length=-1),
            "option output_sequence_length: expected a whole number of at least 0",
        ),
        "repeated": (lambda: layer(vocabulary=["a", "a"]), "tokens come more than once"),
        "numbers": (
            lambda: layer()(kerasfmt.Input((1,))),
            "input: expected strings, got float32",
        ),
        "columns": (
            lambda: layer()(texts(2)),
            "input: expected texts (batch,) or (batch, 1) to split, got shape (None, 2)",
        ),
        "ngrams of texts": (
            lambda: layer(split=None, ngrams=2)(texts()),
            "option ngrams: expected inputs (batch, tokens) without a split",
        ),
        "path": (
            lambda: TextVectorization.from_config({"name": "it", "vocabulary": "/etc/passwd"}),
            "names the vocabulary file '/etc/passwd'; files that a config names are never opened",
        ),
        "adapted": (lambda: layer().adapt(DATA), "it has a vocabulary and cannot be adapted"),
        "no vocabulary": (
            lambda: layer(vocabulary=None, output_mode="count")(texts(1)),
            "output_mode 'count' needs a vocabulary; give it one, or adapt the layer to data",
        ),
    }


MODES: dict[str, tuple[dict[str, Any], Any]] = {
    "numbers": ({}, [[2, 3, 2, 1], [4, 1, 3, 0], [0, 0, 0, 0]]),
    "length": ({"output_sequence_length": 2}, [[2, 3], [4, 1], [0, 0]]),
    "as it is": ({"standardize": None}, [[1, 1, 2, 1], [4, 1, 3, 0], [0, 0, 0, 0]]),
    "lower": ({"standardize": "lower"}, [[2, 1, 2, 1], [4, 1, 3, 0], [0, 0, 0, 0]]),
    "strip": ({"standardize": "strip_punctuation"}, [[1, 3, 2, 1], [4, 1, 3, 0], [0, 0, 0, 0]]),
    "ngrams": (
        {"ngrams": 2, "output_sequence_length": 6},
        [[2, 3, 2, 1, 6, 1], [4, 1, 3, 1, 1, 0], [0] * 6],
    ),
    "only pairs": ({"ngrams": (2,)}, [[6, 1, 1], [1, 1, 0], [0, 0, 0]]),
    "multi-hot": ({"output_mode": "multi_hot"}, [[1, 1, 1, 0, 0, 0], [1, 0, 1, 1, 0, 0], [0] * 6]),
    "count": ({"output_mode": "count"}, [[1, 2, 1, 0, 0, 0], [1, 0, 1, 1, 0, 0], [0] * 6]),
    "old name": ({"output_mode": "binary"}, [[1, 1, 1, 0, 0, 0], [1, 0, 1, 1, 0, 0], [0] * 6]),
    "weights": (
        {"output_mode": "tf_idf", "idf_weights": [1, 2, 3, 4, 5]},
        [[3, 2, 2, 0, 0, 0], [3, 0, 2, 3, 0, 0], [0] * 6],
    ),
}


@pytest.mark.parametrize("name", MODES)
def test_modes(name: str) -> None:
    options, expected = MODES[name]
    model = kerasfmt.Sequential([texts(1), layer(**options)])
    np.testing.assert_array_equal(model.predict(TEXTS), expected)


def predicted(made: TextVectorization, rows: list[list[str]]) -> list[Any]:
    found: list[Any] = kerasfmt.Sequential([texts(len(rows[0])), made]).predict(np.array(rows)).tolist()
    return found


def test_tokens_that_are_not_split() -> None:
    tokens = [["the", "cat", "?"]]
    assert predicted(layer(split=None), tokens) == [[2, 3, 0]]
    assert predicted(layer(split=None, output_sequence_length=2), tokens) == [[2, 3]]
    assert predicted(layer(split=None, output_sequence_length=5), tokens) == [[2, 3, 0, 0, 0]]
    assert predicted(layer(split=None, ngrams=2), tokens) == [[2, 3, 0, 6, 1]]
    only = layer(split=None, output_mode=None, standardize="lower")
    assert predicted(only, [["A,B"]]) == [[b"a,b"]]


def adapted(**options: Any) -> TextVectorization:
    made = TextVectorization(name="it", **options)
    made.adapt(DATA)
    return made


def test_a_vocabulary_is_learned() -> None:
    assert adapted().get_vocabulary() == ["", "[UNK]", "the", "sat", "cat", "dog", "a"]
    assert adapted(max_tokens=4).get_vocabulary() == ["", "[UNK]", "the", "sat"]
    assert adapted(split="character", max_tokens=3).get_vocabulary(False) == ["t"]
    assert adapted(ngrams=(2,)).get_vocabulary(False) == ["the dog", "the cat", "dog sat", "cat sat", "a cat"]
    assert adapted(split=None, standardize=None).get_vocabulary(False) == sorted(DATA, reverse=True)
    weighted = adapted(output_mode="tf_idf")
    assert weighted.get_vocabulary() == ["[UNK]", "the", "sat", "cat", "dog", "a"]
    np.testing.assert_allclose(
        weighted.get_weights()[0][1:], np.log(1 + 3 / np.array([3, 3, 3, 2, 2])), rtol=1e-6
    )
    assert adapted().batch_input_shape == (None,)


def test_rows_of_tokens_are_learned_too() -> None:
    made = TextVectorization(split=None, ngrams=2)
    made.adapt(np.array([["a", "b"], ["a", "c"]]))
    assert made.get_vocabulary(False) == ["a", "c", "b", "a c", "a b"]


@pytest.mark.parametrize("save_format", ["keras", "tf_keras"])
@pytest.mark.parametrize("mode", ["int", "tf_idf"])
def test_what_was_learned_is_saved_and_loaded(save_format: str, mode: str, tmp_path: Path) -> None:
    made = adapted(output_mode=mode)
    model = kerasfmt.Sequential([texts(1), made])
    path = tmp_path / "m.keras"
    kerasfmt.save_model(model, path, save_format=save_format)
    again = kerasfmt.load_model(path)
    assert again.get_layer("it").get_vocabulary() == made.get_vocabulary()
    np.testing.assert_array_equal(again.predict(TEXTS), model.predict(TEXTS))
    with pytest.raises(UnsupportedLayerError, match="HDF5 has no place for vocabulary"):
        kerasfmt.save_model(model, tmp_path / "m.h5")


def test_a_model_from_texts_to_numbers() -> None:
    x = texts(1)
    numbers = layer(output_sequence_length=3)(x)
    model = kerasfmt.Model(x, Dense(2)(Flatten()(Embedding(7, 4)(numbers))))
    assert model.predict(TEXTS).shape == (3, 2)


def test_the_vocabulary_is_set_later() -> None:
    made = layer(vocabulary=None)
    made.set_vocabulary(["cat"])
    model = kerasfmt.Sequential([texts(1), made])
    assert model.predict(TEXTS).tolist() == [[1, 2, 1, 1], [1, 1, 2, 0], [0, 0, 0, 0]]
    assert made.get_config()["vocabulary_size"] == 3
