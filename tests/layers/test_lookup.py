from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.layers import StringLookup
from tests.layers.layer_tests import LayerTests, use

WORDS = ["a", "b", "\u00e9t\u00e9", "\U0001f40d"]


def words(*rows: list[str]) -> np.ndarray:
    return np.array(rows, object)


def predict(layer: StringLookup, x: np.ndarray) -> np.ndarray:
    inputs = kerasfmt.Input(x.shape[1:], dtype="string" if x.dtype == object else x.dtype.name)
    return np.asarray(kerasfmt.Model(inputs, layer(inputs)).predict(x))


class TestLayers(LayerTests):
    uses = [
        use(StringLookup(vocabulary=WORDS), (None, 3), gives=(None, 3), dtype="string"),
        use(
            StringLookup(vocabulary=["", "[UNK]", *WORDS], mask_token=""),
            (None, None, 2),
            gives=(None, None, 2),
            dtype="string",
        ),
        use(StringLookup(vocabulary=np.array(WORDS), dtype="int32"), (None,), gives=(None,), dtype="string"),
    ]
    refused = {
        "max_tokens": (
            lambda: StringLookup(max_tokens=1, name="it"),
            "option max_tokens: expected more than 1",
        ),
        "num_oov_indices": (
            lambda: StringLookup(num_oov_indices=-1, name="it"),
            "option num_oov_indices: expected a number of at least 0, got -1",
        ),
        "output_mode": (
            lambda: StringLookup(output_mode="hot", name="it"),
            "option output_mode: expected one of ['int', 'one_hot', 'multi_hot', 'count', 'tf_idf'], got 'hot'",
        ),
        "invert": (
            lambda: StringLookup(invert=True, output_mode="count", name="it"),
            "option invert: expected output_mode 'int' with it, got 'count'",
        ),
        "inverted without a token": (
            lambda: StringLookup(invert=True, oov_token=None, name="it"),
            "option invert: expected an oov_token",
        ),
        "sparse": (
            lambda: StringLookup(sparse=True, name="it"),
            "option sparse: expected an output_mode other than 'int'",
        ),
        "idf_weights": (
            lambda: StringLookup(vocabulary=["a"], idf_weights=[1.0], name="it"),
            "option idf_weights: expected output_mode 'tf_idf' with it, got 'int'",
        ),
        "pad_to_max_tokens": (
            lambda: StringLookup(pad_to_max_tokens=True, output_mode="count", name="it"),
            "option pad_to_max_tokens: expected max_tokens with it",
        ),
        "dtype": (
            lambda: StringLookup(dtype="float32", name="it"),
            "option dtype: expected an integer dtype for output_mode 'int', got float32",
        ),
        "vocabulary": (
            lambda: StringLookup(vocabulary=["a", "a"], name="it"),
            "option vocabulary: 1 tokens come more than once",
        ),
        "numbers": (
            lambda: StringLookup(vocabulary=["a"], name="it")(kerasfmt.Input((3,), dtype="int32")),
            "input: expected string, got int32",
        ),
        "no vocabulary": (
            lambda: StringLookup(output_mode="count", name="it")(kerasfmt.Input((3,), dtype="string")),
            "output_mode 'count' needs a vocabulary",
        ),
    }


def test_numbers_of_tokens() -> None:
    x = words(["a", "\u00e9t\u00e9", "?"], ["\U0001f40d", "", "b"])
    assert predict(StringLookup(vocabulary=WORDS), x).tolist() == [[1, 3, 0], [4, 0, 2]]
    assert predict(StringLookup(vocabulary=WORDS, mask_token=""), x).tolist() == [[2, 4, 1], [5, 0, 3]]


def test_a_file_that_the_user_names_is_read(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("\n".join(WORDS), encoding="utf-8")
    layer = StringLookup(vocabulary=str(path))
    assert layer.vocabulary_size == 5
    assert predict(layer, words(["b", "x"])).tolist() == [[2, 0]]


def test_a_file_that_a_config_names_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("a\n")
    config = StringLookup(vocabulary=str(path), name="it").get_config()
    assert config["vocabulary"] == str(path)
    with pytest.raises(
        UnsupportedLayerError, match=r"layer it \(StringLookup\): its config names the vocabulary file"
    ):
        StringLookup.from_config(config)


def test_the_vocabulary_is_set_later() -> None:
    layer = StringLookup()
    inputs = kerasfmt.Input((2,), dtype="string")
    model = kerasfmt.Model(inputs, layer(inputs))
    with pytest.raises(kerasfmt.KerasfmtError, match="nothing has filled it yet"):
        model.predict(words(["a", "b"]))
    layer.set_vocabulary(["b"])
    assert np.asarray(model.predict(words(["a", "b"]))).tolist() == [[0, 1]]
    layer.set_vocabulary(["x", "a"])
    assert np.asarray(model.predict(words(["a", "b"]))).tolist() == [[2, 0]]
    assert layer.get_config()["vocabulary"] is None


def test_a_vocabulary_of_another_size_does_not_fit_a_fixed_depth() -> None:
    layer = StringLookup(vocabulary=["a"], output_mode="multi_hot", name="it")
    with pytest.raises(InvalidModelError, match="its vocabulary has 2 tokens and cannot get 3"):
        layer.set_vocabulary(["a", "b"])


def test_the_dtype_of_an_old_config_is_that_of_its_inputs() -> None:
    assert StringLookup.from_config({"dtype": "string", "vocabulary": ["a"]}).policy.name == "int64"
